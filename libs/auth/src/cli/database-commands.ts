import { drizzleStorage } from '../drizzle/drizzle-storage.js';
import { removeExpired } from '../storage/remove-expired.js';
import { migrateAuth } from '../drizzle/migrate.js';
import { allowOnly, type Arguments, durationOf } from './arguments.js';
import { placeOf, tablesOf, withDatabase } from './database.js';
import { restoredKeys, revokeRestoredKeys } from './restored-keys.js';
import { CommandError, type CommandResult, type Environment, UsageError } from './io.js';

const MOST_TOLERANCE_MS = 300_000;
/**
 * An access token outlives its session's row by at most an hour. The row must still exist when that
 * token is revoked.
 */
const SHORTEST_KEEP_MS = 2 * 3_600_000;

export async function migrate(args: Arguments, environment: Environment): Promise<CommandResult> {
  noWords(args);
  allowOnly(args.values, 'database-url', 'schema', 'prefix');
  if (args.values.prefix !== undefined && args.values.prefix !== 'auth_')
    throw new UsageError(
      'the shipped migrations make tables auth_…: with another prefix they are in your own (docs/database.md)',
    );
  tablesOf(args);
  await withDatabase(args, environment, (db) => migrateAuth(db, { schema: args.values.schema }));
  return { lines: ["Tokenward's tables are up to date."], data: { migrated: true } };
}

/** The same clean-up that runs in the background. Both may run at the same time. */
export async function cleanUp(args: Arguments, environment: Environment): Promise<CommandResult> {
  noWords(args);
  allowOnly(args.values, 'database-url', 'keep', 'schema', 'prefix');
  const keepMs = durationOf('keep', args.values.keep ?? '30d');
  if (keepMs < SHORTEST_KEEP_MS) throw new UsageError('--keep must be at least 2h');
  const removed = await withDatabase(args, environment, async (db) => {
    const storage = drizzleStorage(db, { schema: tablesOf(args), deadline: '10s' });
    return removeExpired(storage, { keepMs, goesOn: () => true });
  });
  return { lines: [`Removed ${String(removed)} rows.`], data: { removed } };
}

/** Every process learns of it within its staleness bound, because the entry is in the ledger. */
export async function afterRestore(
  args: Arguments,
  environment: Environment,
): Promise<CommandResult> {
  noWords(args);
  allowOnly(args.values, 'database-url', 'yes', 'schema', 'prefix', 'keep-key', 'clock-tolerance');
  if (!args.values.yes)
    throw new UsageError('after-restore signs everybody out: say --yes when that is what you want');
  const toleranceMs = durationOf('clock-tolerance', args.values['clock-tolerance'] ?? '30s');
  if (toleranceMs > MOST_TOLERANCE_MS) throw new UsageError('--clock-tolerance must be at most 5m');
  return withDatabase(args, environment, async (db) => {
    const keys = await restoredKeys(db, args);
    const { sessions } = drizzleStorage(db, { schema: tablesOf(args), deadline: '60s' });
    const ended = await sessions.endEverything({}, toleranceMs);
    const until = new Date((ended.entries[0]?.value ?? 0) * 1000);
    const { revoked, made } = await revokeRestoredKeys(db, args, environment, keys);
    const lines = [
      `${placeOf(args)}: ended ${String(ended.sessions)} sessions; every token issued before ${until.toISOString()} is refused.`,
      ...revoked.map((kid) => `${kid} was in the backup and is revoked.`),
      ...keys.kept.map((kid) => `${kid} was named and goes on.`),
      made ? `${made} signs from now on.` : '',
      'Factors and identities of providers are those of the backup: remove again those that were removed since.',
      'Keys outside Postgres were not in the backup: revoke again those that were revoked since.',
    ].filter(Boolean);
    if (ended.sessions === 0 && revoked.length === 0)
      throw new CommandError(
        `${placeOf(args)}: no session was live and no key was there, so nothing was ended; are --schema and --prefix those of the application?`,
      );
    const data = { sessionsEnded: ended.sessions, keysRevoked: revoked, keysKept: keys.kept, made };
    return { lines, data };
  });
}

function noWords({ words }: Arguments): void {
  if (words.length > 0) throw new UsageError('this command takes no more arguments');
}
