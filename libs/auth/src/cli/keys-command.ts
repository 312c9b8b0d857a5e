import { createPrivateKey, createPublicKey } from 'node:crypto';
import { resolve } from 'node:path';
import { assertKeyId } from '../verify/keys/key-fitness.js';
import { generateSigningJwk } from '../issue/keys/generate-key.js';
import {
  algorithmOf,
  allowOnly,
  type Arguments,
  bitsOf,
  databaseUrlOf,
  durationOf,
} from './arguments.js';
import {
  addFirstKey,
  listDirectoryKeys,
  type ReadAs,
  nowSeconds,
  assertInDirectory,
  revokeInDirectory,
  rotateDirectoryKeys,
} from './directory-keys.js';
import { type CommandResult, type Environment, UsageError } from './io.js';
import { createBoth } from './key-directory.js';
import type { ListedKey } from './listed-keys.js';

export async function generateKey({ words, values }: Arguments): Promise<CommandResult> {
  noMore(words);
  allowOnly(values, 'algorithm', 'bits', 'dir', 'out', 'stdout');
  const { dir, out, stdout } = values;
  if ([dir, out, stdout].filter((each) => each !== undefined).length !== 1)
    throw new UsageError(
      'where should the key go? give one of --dir DIR, --out FILE.pem, --stdout',
    );
  const algorithm = algorithmOf(values.algorithm ?? 'RS256');
  const bits = values.bits === undefined ? undefined : bitsOf(values.bits);
  if (bits !== undefined && !/^[RP]S/.test(algorithm))
    throw new UsageError('--bits is for RSA keys');
  if (dir === undefined && algorithm.startsWith('HS'))
    throw new UsageError('HS algorithms take a secret: tokenward secret --hmac');
  const now = nowSeconds();
  const make = () => generateSigningJwk(algorithm, { iat: now, nbf: now }, bits);
  if (dir !== undefined) {
    const { jwk, file } = await addFirstKey(dir, make);
    return {
      lines: [`${jwk.kid} ${algorithm} in ${file}`],
      data: { kid: jwk.kid, algorithm, file },
    };
  }
  const jwk = await make();
  const data = { kid: jwk.kid, algorithm };
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  if (out === undefined) return { lines: [pem.trimEnd()], data: { ...data, privateKey: pem } };
  const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string;
  const [file, publicFile] = [resolve(out), `${resolve(out).replace(/\.pem$/, '')}.pub.pem`];
  createBoth({ path: publicFile, content: publicPem }, { path: file, content: pem });
  return {
    lines: [`private key: ${file}`, `public key: ${publicFile}`, `kid: ${jwk.kid}`],
    data: { ...data, file, publicFile },
  };
}

export async function rotateKey(args: Arguments, environment: Environment): Promise<CommandResult> {
  noMore(args.words);
  allowOnly(args.values, 'algorithm', 'database-url', 'dir', 'lead-time', 'schema', 'prefix');
  const leadTimeMs = leadTimeOf(args);
  const { dir, algorithm } = args.values;
  const asked = algorithm === undefined ? undefined : algorithmOf(algorithm);
  const keys =
    dir === undefined
      ? await (await databaseKeys()).rotateDatabaseKeys(args, environment, leadTimeMs, asked)
      : await rotateDirectoryKeys(dir, leadTimeMs, asked);
  return { lines: keys.map(lineOf), data: { keys } };
}

export async function listKeys(args: Arguments, environment: Environment): Promise<CommandResult> {
  noMore(args.words);
  allowOnly(args.values, 'algorithm', 'database-url', 'dir', 'lead-time', 'schema', 'prefix');
  const leadTimeMs = leadTimeOf(args);
  const directory = readAs(args);
  const keys =
    directory === undefined
      ? await (await databaseKeys()).listDatabaseKeys(args, environment, leadTimeMs)
      : await listDirectoryKeys(directory, leadTimeMs);
  return { lines: keys.length > 0 ? keys.map(lineOf) : ['There are no keys.'], data: { keys } };
}

export async function revokeKey(args: Arguments, environment: Environment): Promise<CommandResult> {
  const { words, values } = args;
  const [kid, ...rest] = words;
  if (kid === undefined)
    throw new UsageError('which key? tokenward keys revoke KID (tokenward keys list shows them)');
  noMore(rest);
  allowOnly(values, 'algorithm', 'database-url', 'dir', 'schema', 'prefix', 'yes');
  assertKeyId('KID', kid);
  const directory = readAs(args);
  const inLedger = databaseUrlOf(args, environment) !== undefined;
  if (directory === undefined && !inLedger)
    throw new UsageError('where is the key? give --dir DIR, or DATABASE_URL, or both');
  if (directory !== undefined) await assertInDirectory(directory, kid);
  // the ledger first, because every process reads it: a mounted directory may not be writable
  const inPostgres = inLedger
    ? {
        replacedBy: await (
          await databaseKeys()
        ).revokeInDatabase(args, environment, kid, directory !== undefined),
      }
    : undefined;
  const inDirectory = directory && {
    replacedBy: await revokeInDirectory(directory, kid, inLedger),
  };
  const replacedBy = inDirectory?.replacedBy ?? inPostgres?.replacedBy;
  const lines = [
    inPostgres && 'Refused by every process that shares the database, within a second.',
    inDirectory && `Marked in ${directory.dir}: refused when the processes read it again.`,
    replacedBy && `${replacedBy} signs from now on.`,
    !inLedger &&
      'DATABASE_URL is not set: processes go on accepting the key until they read the directory.',
  ];
  return {
    lines: lines.filter((line) => typeof line === 'string'),
    data: { revoked: kid, inLedger, replacedBy },
  };
}

/** The same defaults that `keys.algorithm` gives `keyDirectory` in the processes. */
function readAs({ values: { dir, algorithm } }: Arguments): ReadAs | undefined {
  const rsaAlgorithm = algorithm === undefined ? undefined : algorithmOf(algorithm);
  if (rsaAlgorithm !== undefined && (dir === undefined || !/^[RP]S/.test(rsaAlgorithm)))
    throw new UsageError(
      '--algorithm tells here what RSA keys in PEM are for: give an RS or PS algorithm, and --dir',
    );
  return dir === undefined ? undefined : { dir, rsaAlgorithm };
}

/** Loaded only when needed: Drizzle and pg are optional. */
const databaseKeys = () => import('./database-keys.js');

function leadTimeOf({ values }: Arguments): number {
  return durationOf('lead-time', values['lead-time'] ?? '1h');
}

function lineOf({ kid, algorithm, phase, signsFrom, verifiesUntil }: ListedKey): string {
  const times = [
    signsFrom && `signs from ${signsFrom}`,
    verifiesUntil && `verifies until ${verifiesUntil}`,
  ];
  return [kid, algorithm, phase, ...times.filter(Boolean)].join('  ');
}

function noMore(words: readonly string[]): void {
  if (words.length > 0) throw new UsageError('there is a word too many');
}
