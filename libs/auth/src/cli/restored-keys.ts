import { sql } from 'drizzle-orm';
import { drizzleStorage } from '../drizzle/drizzle-storage.js';
import type { SigningAlgorithm } from '../options/key-options.js';
import { keyRevoked } from '../storage/ledger-entry.js';
import type { Arguments } from './arguments.js';
import { type CliDatabase, placeOf, tablesOf } from './database.js';
import { hasEncryptionKeys, newest, sourceOf } from './database-keys.js';
import { CommandError, type Environment } from './io.js';
import { RETAIN_MS } from './listed-keys.js';

export interface RestoredKeys {
  readonly kept: readonly string[];
  readonly others: readonly string[];
}

/**
 * The signing keys that were in the backup. Throws before anything is ended if `--keep-key` names a
 * key that is not among them.
 */
export async function restoredKeys(db: CliDatabase, args: Arguments): Promise<RestoredKeys> {
  const { signingKeys } = tablesOf(args);
  const found = await db.execute(
    sql`select kid from ${signingKeys} where revoked_at is null order by kid`,
  );
  const kids = found.rows.map(({ kid }) => String(kid));
  const named = args.values['keep-key'] ?? [];
  const missing = named.find((kid) => !kids.includes(kid));
  if (missing !== undefined)
    throw new CommandError(
      `${placeOf(args)} hold no key ${JSON.stringify(missing)}: nothing was ended`,
    );
  return { kept: named, others: kids.filter((kid) => !named.includes(kid)) };
}

/**
 * A key that was revoked after the backup would sign again. So all keys except the named ones are
 * revoked, and a new key is made if it can be sealed.
 */
export async function revokeRestoredKeys(
  db: CliDatabase,
  args: Arguments,
  environment: Environment,
  { others }: RestoredKeys,
): Promise<{ readonly revoked: readonly string[]; readonly made?: string }> {
  if (others.length === 0) return { revoked: [] };
  const schema = tablesOf(args);
  const entries = others.map(keyRevoked);
  await drizzleStorage(db, { schema, deadline: '10s' }).ledger.append(entries);
  const table = schema.signingKeys;
  const last = await db.execute(
    sql`select algorithm from ${table} order by signs_from desc limit 1`,
  );
  await db.execute(
    sql`update ${table} set revoked_at = now(), sealed_private_jwk = null where revoked_at is null and kid in ${[...others]}`,
  );
  // without encryption keys no key is made here; the next process that starts makes one
  if (!hasEncryptionKeys(environment)) return { revoked: others };
  const source = sourceOf(db, args, environment);
  const algorithm = String(last.rows[0]?.['algorithm']) as SigningAlgorithm;
  const done = await source.rotate?.({
    algorithm,
    leadTimeMs: 0,
    retainMs: RETAIN_MS,
    revoked: others,
  });
  return { revoked: others, made: done === 'rotated' ? newest(await source.load()) : undefined };
}
