import type { Client } from 'pg';
import type { HostPool } from './host-pool.js';
import { LEDGER_CHANNEL } from './ledger-rows.js';

const RETRY_MS = 1_000;

/**
 * LISTEN on a connection of its own, best effort: it comes back after a loss, and where nothing can be heard (a
 * transaction pooler that swallows it) the polling step carries the ledger alone.
 */
export async function listen(pool: HostPool, wake: () => void): Promise<() => Promise<void>> {
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
