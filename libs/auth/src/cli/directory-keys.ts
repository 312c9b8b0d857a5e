import { resolve } from 'node:path';
import { SystemClock } from '../common/clock.js';
import { keyDirectory } from '../issue/keys/file-keys.js';
import { generateSigningJwk } from '../issue/keys/generate-key.js';
import type { SourceJwk } from '../storage/key-source.port.js';
import type { SigningAlgorithm } from '../options/key-options.js';
import { CommandError } from './io.js';
import { KeyFiles } from './key-directory.js';
import { type ListedKey, listed, nextAlgorithm } from './listed-keys.js';

const clock = new SystemClock();
export const nowSeconds = (): number => Math.floor(clock.now() / 1000);

/** How the processes read a directory, which may also hold PEM files and key sets. */
export interface ReadAs {
  readonly dir: string;
  /** The algorithm of RSA keys in PEM, which does not contain it. */
  readonly rsaAlgorithm: SigningAlgorithm | undefined;
}

async function keysIn({ dir, rsaAlgorithm }: ReadAs): Promise<readonly SourceJwk[]> {
  new KeyFiles(resolve(dir)).open('refuse');
  return (await keyDirectory(resolve(dir), { rsaAlgorithm }).load()).keys;
}

export async function listDirectoryKeys(read: ReadAs, leadTimeMs: number): Promise<ListedKey[]> {
  return listed(await keysIn(read), leadTimeMs, clock.now());
}

/** @throws CommandError if the key is not in the directory, before anything is changed */
export async function assertInDirectory(read: ReadAs, kid: string): Promise<void> {
  if (!(await keysIn(read)).some((jwk) => jwk.kid === kid))
    throw new CommandError(
      `${read.dir} has no key with that kid: tokenward keys list --dir ${read.dir}`,
    );
}

/** Makes the first key of a directory; it signs at once. Returns its file. */
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

/** Adds the next key. Keys that no longer sign lose their private half; keys that no longer verify are removed. */
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
    files.add(
      await generateSigningJwk(algorithm, { iat, nbf: iat + Math.ceil(leadTimeMs / 1000) }),
    );
    for (const each of kept) {
      const phase = before.find(({ kid }) => kid === each.jwk.kid)?.phase;
      if (phase === undefined || phase === 'gone') files.remove(each);
      else if (phase === 'retired') files.withoutPrivateHalf(each);
    }
    return phasesOf(files, leadTimeMs);
  });
}

/**
 * Returns the kid of a new key if the revoked one was the last that signs. A key in PEM or in a set
 * keeps its file and gets a mark beside it.
 */
export async function revokeInDirectory(
  read: ReadAs,
  kid: string,
  inLedger: boolean,
): Promise<string | undefined> {
  const { dir } = read;
  const files = new KeyFiles(resolve(dir)).open('refuse');
  try {
    return await files.exclusively(() => markRevoked(files, read, kid));
  } catch (error) {
    if (!['EROFS', 'EACCES', 'EPERM'].includes(String((error as NodeJS.ErrnoException).code)))
      throw error;
    throw new CommandError(
      `${dir} cannot be written: ${inLedger ? 'the key is revoked in Postgres, ' : 'nothing was revoked; '}take it out of the secret that is mounted there`,
    );
  }
}

async function markRevoked(
  files: KeyFiles,
  read: ReadAs,
  kid: string,
): Promise<string | undefined> {
  const keys = await keysIn(read);
  const found = keys.find((jwk) => jwk.kid === kid);
  if (!found) throw new CommandError(`${files.dir} has no key with that kid any more`);
  const marked = new Set(keys.flatMap((jwk) => (jwk.revoked === undefined ? [] : [jwk.kid])));
  const left = keys.some(
    (jwk) => jwk.kid !== kid && !marked.has(jwk.kid) && (jwk.d ?? jwk.k) !== undefined,
  );
  const iat = nowSeconds();
  const { kty, alg } = found;
  const fresh = left
    ? undefined
    : await generateSigningJwk(alg as SigningAlgorithm, { iat, nbf: iat });
  if (fresh) files.add(fresh);
  const mark = { kty, alg, kid, iat: found.iat, revoked: iat };
  const own = files.ownFileOf(kid);
  if (own) files.replace(own, mark);
  else files.add(mark);
  return fresh?.kid;
}

function phasesOf(files: KeyFiles, leadTimeMs: number): ListedKey[] {
  return listed(
    files.read().map(({ jwk }) => jwk),
    leadTimeMs,
    clock.now(),
  );
}
