import { SystemClock } from '../common/clock.js';
import { drizzleKeySource } from '../drizzle/drizzle-key-source.store.js';
import { drizzleStorage } from '../drizzle/drizzle-storage.js';
import { assertKeyId } from '../verify/keys/key-fitness.js';
import { keyRevoked } from '../storage/ledger-entry.js';
import type { KeySource } from '../storage/key-source.port.js';
import type { SigningAlgorithm } from '../options/key-options.js';
import type { Arguments } from './arguments.js';
import { type CliDatabase, placeOf, tablesOf, withDatabase } from './database.js';
import { CommandError, type Environment, UsageError } from './io.js';
import { type ListedKey, listed, nextAlgorithm, RETAIN_MS } from './listed-keys.js';

/** If two operators rotate within this time, only one key is made. */
const AT_THE_SAME_TIME_MS = 30_000;

export function listDatabaseKeys(
  args: Arguments,
  environment: Environment,
  leadTimeMs: number,
): Promise<ListedKey[]> {
  return withDatabase(args, environment, async (db) =>
    phasesOf(sourceOf(db, args, environment), leadTimeMs),
  );
}

export function rotateDatabaseKeys(
  args: Arguments,
  environment: Environment,
  leadTimeMs: number,
  asked: SigningAlgorithm | undefined,
): Promise<ListedKey[]> {
  return withDatabase(args, environment, async (db) => {
    const source = sourceOf(db, args, environment);
    const before = await phasesOf(source, leadTimeMs);
    const algorithm = before.length === 0 ? (asked ?? 'RS256') : nextAlgorithm(before, asked);
    const whenOlderThanMs = Math.min(leadTimeMs, AT_THE_SAME_TIME_MS);
    const done = await source.rotate?.({
      algorithm,
      leadTimeMs,
      retainMs: RETAIN_MS,
      revoked: [],
      whenOlderThanMs,
    });
    if (done !== 'rotated')
      throw new CommandError('somebody made a key a moment ago: tokenward keys list shows it');
    return phasesOf(source, leadTimeMs);
  });
}

/**
 * Writes the revocation to the ledger, which every process reads. If the keys are in Postgres, the
 * key is also marked there, so that no process reads it again.
 */
export async function revokeInDatabase(
  args: Arguments,
  environment: Environment,
  kid: string,
  isInDirectory: boolean,
): Promise<string | undefined> {
  assertKeyId('KID', kid);
  return withDatabase(args, environment, async (db) => {
    const source = hasEncryptionKeys(environment) ? sourceOf(db, args, environment) : undefined;
    const before = (await source?.load())?.keys.find((each) => each.kid === kid);
    const { ledger, keySightings } = drizzleStorage(db, {
      schema: tablesOf(args),
      deadline: '10s',
    });
    // a typing error, or another schema, must not look like a successful revocation
    if (!before && !isInDirectory && !args.values.yes && !(await keySightings.knows(kid)))
      throw new CommandError(
        `${placeOf(args)}: no process that shares them ever had a key of that kid, so nothing was revoked: tokenward keys list; for another application give --schema and --prefix; --yes revokes it all the same`,
      );
    await ledger.append([keyRevoked(kid)]);
    if (!source || !before) return undefined;
    const algorithm = before.alg as SigningAlgorithm;
    const made = await source.rotate?.({
      algorithm,
      leadTimeMs: 0,
      retainMs: RETAIN_MS,
      revoked: [kid],
    });
    return made === 'rotated' ? newest(await source.load()) : undefined;
  });
}

export function newest({ keys }: Awaited<ReturnType<KeySource['load']>>): string | undefined {
  return keys.findLast(({ revoked }) => revoked === undefined)?.kid as string | undefined;
}

async function phasesOf(source: KeySource, leadTimeMs: number): Promise<ListedKey[]> {
  return listed((await source.load()).keys, leadTimeMs, new SystemClock().now());
}

export function hasEncryptionKeys(environment: Environment): boolean {
  return Boolean(environment['KEY_ENCRYPTION_KEYS']?.trim());
}

export function sourceOf(db: CliDatabase, args: Arguments, environment: Environment): KeySource {
  if (!hasEncryptionKeys(environment))
    throw new UsageError(
      'KEY_ENCRYPTION_KEYS is not set: it opens the keys in Postgres (for files give --dir DIR)',
    );
  const encryptionKeys = (environment['KEY_ENCRYPTION_KEYS'] ?? '')
    .split(',')
    .map((each) => each.trim());
  return drizzleKeySource(db, { encryptionKeys, schema: tablesOf(args), deadline: '15s' });
}
