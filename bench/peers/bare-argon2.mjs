// Verifications and nothing else, as many at a time as Tokenward's default allows.
import { availableParallelism } from 'node:os';
import argon2 from '@node-rs/argon2';

export async function serve() {
  const hash = await argon2.hash('bench-passphrase-1', {
    algorithm: 2,
    memoryCost: 19_456,
    timeCost: 2,
    parallelism: 1,
  });
  const concurrency = Math.max(1, Math.floor(availableParallelism() / 2));
  const verify = async ({ inFlight, seconds }) => {
    const from = performance.now();
    const until = from + seconds * 1000;
    let done = 0;
    const worker = async () => {
      for (; performance.now() < until; done++)
        if (!(await argon2.verify(hash, 'bench-passphrase-1'))) throw new Error('mismatch');
    };
    await Promise.all(Array.from({ length: Math.min(inFlight, concurrency) }, worker));
    return done / ((performance.now() - from) / 1000);
  };
  return { url: '', headers: {}, verify };
}
