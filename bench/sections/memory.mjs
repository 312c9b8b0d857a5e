// One million live revocations: what the view takes, by the bench of its own.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ownDatabase } from '../support/sessions.mjs';

export async function memory({ servers, say }) {
  say('one million live revocations');
  const script = fileURLToPath(new URL('../revocation-million.mjs', import.meta.url));
  const database = await ownDatabase(servers, 'bench_million');
  const env = { ...process.env, DATABASE_URL: database.url, REDIS_URL: servers.redisUrl };
  const child = spawn(process.execPath, ['--expose-gc', script], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  await database.drop();
  const bytes = /memory of the view: ([\d.]+) MB/.exec(out)?.[1];
  if (code !== 0 || !bytes) throw new Error(`the memory bench ended with ${code}`);
  const what = 'memory of the view for 1,000,000 live revocations';
  return {
    rows: [{ what, values: [Number(bytes)], bar: 150, stretch: 90, better: 'lower', unit: ' MB' }],
    raw: out.split('\n'),
  };
}
