import type { Client } from 'pg';
import type { HostPool } from './host-pool.js';
import { LEDGER_CHANNEL } from './ledger-rows.js';

const RETRY_MS = 1_000;

/**
 * Runs LISTEN on a separate connection, best effort. It reconnects after a loss. If nothing can be
 * heard (a transaction pooler drops notifications), polling alone reads the ledger.
 */
export async function listen(pool: HostPool, wake: () => void): Promise<() => Promise<void>> {
  let client: Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let stopped = false;

  const connect = async (): Promise<void> => {
    // The pool makes the password non-enumerable, so a spread would not copy it.
    const mine = new pool.Client({
      ...pool.options,
      password: pool.options.password,
      keepAlive: true,
      connectionTimeoutMillis: RETRY_MS * 2,
      query_timeout: RETRY_MS * 2,
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
      // Read what was written while nothing listened.
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
