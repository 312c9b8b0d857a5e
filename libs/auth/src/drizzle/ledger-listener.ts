import type { Client, Pool } from 'pg';
import type { Database } from './database.js';
import { LEDGER_CHANNEL } from './ledger-rows.js';

const RETRY_MS = 1_000;

type PoolLike = Pick<Pool, 'options'> & { readonly Client: typeof Client };

function poolOf(db: Database): PoolLike | undefined {
  const { $client } = db as Database & { $client?: unknown };
  if (typeof $client !== 'object' || $client === null || !('Client' in $client) || !('options' in $client))
    return undefined;
  return $client as PoolLike;
}

/**
 * LISTEN on a connection of its own, best effort: it comes back after a loss, and where nothing can be heard (no pool to copy the address
 * from, a transaction pooler that swallows it) the polling step carries the ledger alone.
 */
export async function listen(db: Database, wake: () => void): Promise<() => Promise<void>> {
  const pool = poolOf(db);
  if (!pool) return () => Promise.resolve();
  let client: Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let stopped = false;

  const connect = async (): Promise<void> => {
    // The pool hides the password from being copied along.
    const mine = new pool.Client({
      ...pool.options,
      password: pool.options.password,
      keepAlive: true,
      connectionTimeoutMillis: RETRY_MS * 2,
    });
    client = mine;
    const lost = (): void => {
      if (stopped || client !== mine) return;
      client = undefined;
      void mine.end().catch(() => undefined);
      retry = setTimeout(() => void connect(), RETRY_MS).unref();
    };
    mine.on('error', lost).on('end', lost).on('notification', wake);
    try {
      await mine.connect();
      await mine.query(`listen ${LEDGER_CHANNEL}`);
      // What was written while nobody listened.
      wake();
    } catch {
      lost();
    }
  };
  await connect();
  return async () => {
    stopped = true;
    clearTimeout(retry);
    await client?.end().catch(() => undefined);
  };
}
