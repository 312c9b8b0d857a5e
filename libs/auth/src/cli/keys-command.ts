import { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { drizzleStorage } from '../drizzle/drizzle-storage.js';
import { generateSigningJwk } from '../keys/generate-key.js';
import type { SigningAlgorithm } from '../options/key-options.js';
import { algorithmOf, allowOnly, type Arguments, bitsOf, durationOf } from './arguments.js';
import { databaseUrlOf, withDatabase } from './database.js';
import { CommandError, type CommandResult, type Environment, UsageError } from './io.js';
import { KeyFiles, writeWhole } from './key-directory.js';
import { databaseKeys, type ListedKey, listed, RETAIN_MS } from './listed-keys.js';

const nowSeconds = (): number => Math.floor(Date.now() / 1000);
/** Entries of kind `key` stay: nobody can know when the last process gives the `kid` up. */
const FOR_GOOD = Date.UTC(9999, 0, 1);

export async function generateKey({ words, values }: Arguments): Promise<CommandResult> {
  noMore(words);
  allowOnly(values, 'algorithm', 'bits', 'dir', 'out', 'stdout');
  const { dir, out, stdout } = values;
  if ([dir, out, stdout].filter((each) => each !== undefined).length !== 1)
    throw new UsageError('where should the key go? give one of --dir DIR, --out FILE.pem, --stdout');
  const algorithm = algorithmOf(values.algorithm ?? 'RS256');
  const bits = values.bits === undefined ? undefined : bitsOf(values.bits);
  if (bits !== undefined && !/^[RP]S/.test(algorithm)) throw new UsageError('--bits is for RSA keys');
  if (dir === undefined && algorithm.startsWith('HS'))
    throw new UsageError('HS algorithms take a secret: tokenward secret --hmac');
  const now = nowSeconds();
  const jwk = await generateSigningJwk(algorithm, { iat: now, nbf: now }, bits);
  const data = { kid: jwk.kid, algorithm };
  if (dir !== undefined) {
    const files = new KeyFiles(resolve(dir)).open('create');
    return files.exclusively(async () => {
      if (files.read().some((kept) => kept.jwk.revoked === undefined))
        throw new CommandError(
          `${dir} holds keys already: tokenward keys rotate --dir ${dir} adds the next one`,
        );
      const file = files.add(jwk);
      return { lines: [`${jwk.kid} ${algorithm} in ${file}`], data: { ...data, file } };
    });
  }
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  if (out === undefined) return { lines: [pem.trimEnd()], data: { ...data, privateKey: pem } };
  return { ...writePem(resolve(out), pem, createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string, data) }; // prettier-ignore
}

export async function rotateKey(args: Arguments, environment: Environment): Promise<CommandResult> {
  const { words, values } = args;
  noMore(words);
  allowOnly(values, 'algorithm', 'database-url', 'dir', 'lead-time');
  const leadTimeMs = durationOf('lead-time', values['lead-time'] ?? '1h');
  const asked = values.algorithm === undefined ? undefined : algorithmOf(values.algorithm);
  if (values.dir === undefined)
    return withDatabase(args, environment, async (db) => {
      const source = databaseKeys(db, environment);
      const algorithm = nextAlgorithm(listed((await source.load()).keys, leadTimeMs), asked);
      await source.rotate?.({ algorithm, leadTimeMs, retainMs: RETAIN_MS, revoked: [], whenOlderThanMs: 0 });
      return rotated(listed((await source.load()).keys, leadTimeMs));
    });
  const files = new KeyFiles(resolve(values.dir)).open('refuse');
  return files.exclusively(async () => {
    const kept = files.read();
    const before = listed(
      kept.map(({ jwk }) => jwk),
      leadTimeMs,
    );
    const iat = nowSeconds();
    const nbf = iat + Math.ceil(leadTimeMs / 1000);
    files.add(await generateSigningJwk(nextAlgorithm(before, asked), { iat, nbf }));
    for (const each of kept) {
      const phase = before.find(({ kid }) => kid === each.jwk.kid)?.phase;
      if (phase === undefined || phase === 'gone') files.remove(each);
      else if (phase === 'retired') files.withoutPrivateHalf(each);
    }
    return rotated(
      listed(
        files.read().map(({ jwk }) => jwk),
        leadTimeMs,
      ),
    );
  });
}

export async function listKeys(args: Arguments, environment: Environment): Promise<CommandResult> {
  const { words, values } = args;
  noMore(words);
  allowOnly(values, 'database-url', 'dir', 'lead-time');
  const leadTimeMs = durationOf('lead-time', values['lead-time'] ?? '1h');
  const jwks =
    values.dir === undefined
      ? await withDatabase(args, environment, async (db) => (await databaseKeys(db, environment).load()).keys)
      : new KeyFiles(resolve(values.dir))
          .open('refuse')
          .read()
          .map(({ jwk }) => jwk);
  const keys = listed(jwks, leadTimeMs);
  return { lines: keys.length > 0 ? keys.map(lineOf) : ['There are no keys.'], data: { keys } };
}

export async function revokeKey(args: Arguments, environment: Environment): Promise<CommandResult> {
  const { words, values } = args;
  const [kid, ...rest] = words;
  if (kid === undefined)
    throw new UsageError('which key? tokenward keys revoke KID (tokenward keys list shows them)');
  noMore(rest);
  allowOnly(values, 'database-url', 'dir');
  const inLedger = databaseUrlOf(args, environment) !== undefined;
  if (values.dir === undefined && !inLedger)
    throw new UsageError('where is the key? give --dir DIR, or DATABASE_URL, or both');
  const lines: string[] = [];
  // the ledger first: it is what every process hears of
  if (inLedger) {
    await withDatabase(args, environment, (db) =>
      drizzleStorage(db, { deadline: '10s' }).ledger.append([
        { kind: 'key', keyId: kid, expiresAt: FOR_GOOD },
      ]),
    );
    lines.push('Refused by every process that shares the database, within a second.');
  }
  const replacedBy = values.dir === undefined ? undefined : await revokeInDirectory(values.dir, kid);
  if (values.dir !== undefined)
    lines.push(`Marked in ${values.dir}: refused when the processes read it again.`);
  if (replacedBy !== undefined) lines.push(`${replacedBy} signs from now on.`);
  if (!inLedger)
    lines.push('DATABASE_URL is not set: processes go on accepting the key until they read the directory.');
  return { lines, data: { revoked: kid, inLedger, replacedBy } };
}

/** Gives the kid of the key that was made because none was left that signs. */
function revokeInDirectory(dir: string, kid: string): Promise<string | undefined> {
  const files = new KeyFiles(resolve(dir)).open('refuse');
  return files.exclusively(async () => {
    const kept = files.read();
    const found = kept.find(({ jwk }) => jwk.kid === kid);
    if (!found) throw new CommandError(`${dir} holds no key of that kid: tokenward keys list --dir ${dir}`);
    const iat = nowSeconds();
    const left = kept.filter(
      ({ jwk }) => jwk !== found.jwk && jwk.revoked === undefined && (jwk.d ?? jwk.k) !== undefined,
    );
    const fresh =
      left.length > 0
        ? undefined
        : await generateSigningJwk(found.jwk.alg as SigningAlgorithm, { iat, nbf: iat });
    if (fresh) files.add(fresh);
    const { kty, alg } = found.jwk;
    files.replace(found, { kty, alg, kid, iat: found.jwk.iat, revoked: iat });
    return fresh?.kid;
  });
}

function nextAlgorithm(before: readonly ListedKey[], asked: SigningAlgorithm | undefined): SigningAlgorithm {
  const next = before.find(({ phase }) => phase === 'next');
  if (next)
    throw new CommandError(
      `the next key is there already and signs from ${next.signsFrom ?? 'soon'}: rotate again after that`,
    );
  const active = before.find(({ phase }) => phase === 'active');
  if (!active) throw new CommandError('there is no key to rotate: tokenward keys generate');
  return asked ?? algorithmOf(active.algorithm);
}

function rotated(keys: readonly ListedKey[]): CommandResult {
  return { lines: keys.map(lineOf), data: { keys } };
}

function lineOf({ kid, algorithm, phase, signsFrom, verifiesUntil }: ListedKey): string {
  const times = [signsFrom && `signs from ${signsFrom}`, verifiesUntil && `verifies until ${verifiesUntil}`];
  return [kid, algorithm, phase, ...times.filter(Boolean)].join('  ');
}

function writePem(path: string, pem: string, publicPem: string, data: object): CommandResult {
  const publicPath = `${path.replace(/\.pem$/, '')}.pub.pem`;
  for (const each of [path, publicPath])
    if (existsSync(each)) throw new CommandError(`${each} is there already: keys are never overwritten`);
  writeWhole(path, pem);
  writeWhole(publicPath, publicPem);
  return {
    lines: [`private key: ${path}`, `public key: ${publicPath}`],
    data: { ...data, file: path, publicFile: publicPath },
  };
}

function noMore(words: readonly string[]): void {
  if (words.length > 0) throw new UsageError('there is a word too many');
}
