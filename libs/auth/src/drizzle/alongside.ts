import { sql } from 'drizzle-orm';
import type { Alongside } from '../storage/session-store.port.js';
import type { AuthDatabase } from './auth-database.js';
import { transactionRefused } from '../storage/sql-transaction.port.js';
import { ms, rows, type Transaction } from './database.js';
import { isDatabaseFailure } from './guarded.js';
import { asTransaction } from './host-transaction.js';
import { type OwnTransaction, SYNCHRONOUS_COMMIT } from './own-transaction.js';
import { assertPrimary, WAL_FILE } from './primary-answer.js';

const TRANSACTION = sql`pg_current_xact_id()::text as transaction`;

type Work<T> = (tx: Transaction, nowMs: number) => Promise<T>;

export interface Occasion {
  readonly what: string;
  readonly deadlineMs: number;
  readonly alongside: Alongside;
  /**
   * When the work alongside runs. Default `first`, because users are always locked before the subject. `last`: it is
   * Tokenward's own, and changes only what is locked after the subject.
   */
  readonly order?: 'first' | 'last';
}

export async function inTransactionWith<T>(
  database: AuthDatabase,
  occasion: Occasion,
  work: Work<T>,
): Promise<T> {
  const { what, deadlineMs, alongside, order = 'first' } = occasion;
  if (alongside.tx) return joining(database, occasion, asTransaction(alongside.tx), work);
  let refusal: { readonly error: unknown } | undefined;
  const runAlongside = (tx: OwnTransaction) =>
    alongside.work?.(tx.host()).catch((error: unknown) => {
      if (!isDatabaseFailure(error)) refusal = { error };
      throw error;
    });
  const run = async (tx: OwnTransaction): Promise<T> => {
    if (order === 'first') await runAlongside(tx);
    const done = await work(tx, tx.nowMs);
    if (order === 'last') await runAlongside(tx);
    return done;
  };
  const isolation = alongside.work && order === 'first' ? 'host' : undefined;
  // a refusal by the host's own work is the host's answer, not an outage
  return database
    .transaction(what, deadlineMs, run, { isolation, outcome: 'asked' })
    .catch((error: unknown) => {
      throw refusal ? refusal.error : error;
    });
}

/**
 * Runs in a transaction of the host, which may last as long as the host wants. Only these
 * statements get a time limit; the host's own limits are restored afterwards.
 */
function joining<T>(
  database: AuthDatabase,
  { what, deadlineMs }: Occasion,
  tx: Transaction,
  work: Work<T>,
): Promise<T> {
  const limit = `${String(deadlineMs)}ms`;
  return database.joining(what, deadlineMs, async () => {
    const [row] = await rows(
      tx,
      sql`select current_setting('statement_timeout') as statements, current_setting('lock_timeout') as locks,
        set_config('statement_timeout', ${limit}, true), set_config('lock_timeout', ${limit}, true),
        ${ms(sql`clock_timestamp()`)} as now, ${TRANSACTION}, ${database.place}, ${sql.raw(WAL_FILE)}, ${sql.raw(SYNCHRONOUS_COMMIT)}`,
    );
    // without a transaction each statement commits separately
    const [after] = await rows(tx, sql`select ${TRANSACTION}`);
    if (after?.['transaction'] !== row?.['transaction'])
      throw transactionRefused('is not open: nothing would undo what is written in it');
    if (!(await database.isAt(row?.['place'], deadlineMs)))
      throw transactionRefused("is of another database than Tokenward's storage");
    const [statements, locks] = [String(row?.['statements']), String(row?.['locks'])];
    assertPrimary(row, database.histories.newestTimeline());
    const giveBack = () =>
      rows(
        tx,
        sql`select set_config('statement_timeout', ${statements}, true), set_config('lock_timeout', ${locks}, true)`,
      );
    // the host may continue after a refusal; after a failed statement neither the host nor this code can
    const done = await work(tx, Number(row?.['now'])).catch(async (error: unknown) => {
      await giveBack().catch(() => undefined);
      throw error;
    });
    await giveBack();
    return done;
  });
}
