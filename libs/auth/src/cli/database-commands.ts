import { drizzleStorage } from '../drizzle/drizzle-storage.js';
import { migrateAuth } from '../drizzle/migrate.js';
import { allowOnly, type Arguments, durationOf } from './arguments.js';
import { withDatabase } from './database.js';
import { type CommandResult, type Environment, UsageError } from './io.js';

const PAGE = 500;
/** An access token outlives its session's row by at most an hour: the row must still be there when it is revoked. */
const SHORTEST_KEEP_MS = 2 * 3_600_000;

export async function migrate(args: Arguments, environment: Environment): Promise<CommandResult> {
  noWords(args);
  allowOnly(args.values, 'database-url');
  await withDatabase(args, environment, (db) => migrateAuth(db));
  return { lines: ["Tokenward's tables are up to date."], data: { migrated: true } };
}

/** The same walk that runs in the background; safe beside it. */
export async function cleanUp(args: Arguments, environment: Environment): Promise<CommandResult> {
  noWords(args);
  allowOnly(args.values, 'database-url', 'keep');
  const keepMs = durationOf('keep', args.values.keep ?? '30d');
  if (keepMs < SHORTEST_KEEP_MS) throw new UsageError('--keep must be at least 2h');
  const removed = await withDatabase(args, environment, async (db) => {
    const { sessions } = drizzleStorage(db, { deadline: '10s' });
    let count = 0;
    let cursor: string | undefined;
    do {
      const page = await sessions.removeExpired(keepMs, PAGE, cursor);
      count += page.removed;
      cursor = page.cursor;
    } while (cursor !== undefined);
    return count;
  });
  return { lines: [`Removed ${String(removed)} rows.`], data: { removed } };
}

/** Every process sees it within its staleness bound: the entry is in the ledger. */
export async function afterRestore(args: Arguments, environment: Environment): Promise<CommandResult> {
  noWords(args);
  allowOnly(args.values, 'database-url', 'yes');
  if (!args.values.yes)
    throw new UsageError('after-restore signs everybody out: say --yes when that is what you want');
  const ended = await withDatabase(args, environment, (db) =>
    drizzleStorage(db, { deadline: '60s' }).sessions.endEverything(),
  );
  return {
    lines: [`Ended ${String(ended.sessions)} sessions; every token issued before now is refused.`],
    data: { sessionsEnded: ended.sessions },
  };
}

function noWords({ words }: Arguments): void {
  if (words.length > 0) throw new UsageError('this command takes no further words');
}
