import { resolve } from 'node:path';
import { SystemClock } from '../common/clock.js';
import { generateSigningJwk } from '../issue/keys/generate-key.js';
import type { SigningAlgorithm } from '../options/key-options.js';
import { CommandError } from './io.js';
import { KeyFiles } from './key-directory.js';
import { type ListedKey, listed, nextAlgorithm } from './listed-keys.js';

const clock = new SystemClock();
export const nowSeconds = (): number => Math.floor(clock.now() / 1000);

export function listDirectoryKeys(dir: string, leadTimeMs: number): ListedKey[] {
  return phasesOf(new KeyFiles(resolve(dir)).open('refuse'), leadTimeMs);
}

/** Makes the first key of a directory, which signs at once. Gives its file. */
export function addFirstKey(dir: string, make: () => ReturnType<typeof generateSigningJwk>) {
  const files = new KeyFiles(resolve(dir)).open('create');
  return files.exclusively(async () => {
    if (files.read().some(({ jwk }) => jwk.revoked === undefined))
      throw new CommandError(
        `${dir} holds keys already: tokenward keys rotate --dir ${dir} adds the next one`,
      );
    const jwk = await make();
    return { jwk, file: files.add(jwk) };
  });
}

/** Adds the next key; what no longer signs loses its private half, what no longer verifies goes. */
export function rotateDirectoryKeys(
  dir: string,
  leadTimeMs: number,
  asked: SigningAlgorithm | undefined,
): Promise<ListedKey[]> {
  const files = new KeyFiles(resolve(dir)).open('refuse');
  return files.exclusively(async () => {
    const before = phasesOf(files, leadTimeMs);
    const algorithm = nextAlgorithm(before, asked);
    const kept = files.read();
    const iat = nowSeconds();
    files.add(await generateSigningJwk(algorithm, { iat, nbf: iat + Math.ceil(leadTimeMs / 1000) }));
    for (const each of kept) {
      const phase = before.find(({ kid }) => kid === each.jwk.kid)?.phase;
      if (phase === undefined || phase === 'gone') files.remove(each);
      else if (phase === 'retired') files.withoutPrivateHalf(each);
    }
    return phasesOf(files, leadTimeMs);
  });
}

/** Gives the kid of the key that was made because none was left that signs. */
export function revokeInDirectory(dir: string, kid: string): Promise<string | undefined> {
  const files = new KeyFiles(resolve(dir)).open('refuse');
  return files.exclusively(async () => {
    const kept = files.read();
    const found = kept.find(({ jwk }) => jwk.kid === kid);
    if (!found) throw new CommandError(`${dir} holds no key of that kid: tokenward keys list --dir ${dir}`);
    const { kty, alg } = found.jwk;
    const iat = nowSeconds();
    const left = kept.some(
      ({ jwk }) => jwk !== found.jwk && jwk.revoked === undefined && (jwk.d ?? jwk.k) !== undefined,
    );
    const fresh = left ? undefined : await generateSigningJwk(alg as SigningAlgorithm, { iat, nbf: iat });
    if (fresh) files.add(fresh);
    files.replace(found, { kty, alg, kid, iat: found.jwk.iat, revoked: iat });
    return fresh?.kid;
  });
}

function phasesOf(files: KeyFiles, leadTimeMs: number): ListedKey[] {
  return listed(
    files.read().map(({ jwk }) => jwk),
    leadTimeMs,
    clock.now(),
  );
}
