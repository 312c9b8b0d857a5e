import type { Pool, PoolClient } from 'pg';
import {
  type HostWork,
  type SqlParameter,
  type SqlRow,
  SqlTransaction,
  transactionRefused,
} from '../storage/sql-transaction.port.js';

/** A client of node-postgres. */
export interface PgClient {
  query(text: string, parameters: unknown[]): Promise<{ readonly rows: readonly SqlRow[] }>;
  /** `I` idle, `T` in a transaction, `E` in one that failed; not there before pg 8.18. */
  getTransactionStatus?(): string | null;
}

class PgTransaction extends SqlTransaction {
  constructor(private readonly client: PgClient) {
    super();
  }

  override async query(
    text: string,
    parameters: readonly SqlParameter[],
  ): Promise<readonly SqlRow[]> {
    // each statement of a pool may go to another connection
    if ('idleCount' in this.client)
      throw transactionRefused('is a Pool; take a client with pool.connect() and send BEGIN on it');
    const status = this.client.getTransactionStatus?.();
    if (status === 'I')
      throw transactionRefused('is a client without an open transaction; send BEGIN on it first');
    if (status === 'E') throw transactionRefused('is a transaction that failed; send ROLLBACK');
    return (await this.client.query(text, [...parameters])).rows;
  }
}

/** A client of node-postgres on which the host sent `BEGIN`. */
export function pgTransaction(client: PgClient): SqlTransaction {
  return new PgTransaction(client);
}

/** `work` between `BEGIN` and `COMMIT` on a client of the pool. */
export function pgWork(pool: Pool, work: (client: PoolClient) => Promise<void>): HostWork {
  return {
    run: async (end) => {
      const client = await pool.connect();
      let broken: Error | undefined;
      // unheard, the loss of a connection that waits for the work would end the process
      const lost = (error: Error): void => void (broken = error);
      client.on('error', lost);
      try {
        await client.query('begin');
        await work(client);
        await end(pgTransaction(client));
        const { command } = await client.query('commit');
        // a statement had failed, and the work went on as if nothing were
        if (command !== 'COMMIT')
          throw transactionRefused('was rolled back: a statement in it had failed');
      } catch (error) {
        await client.query('rollback').catch((failure: Error) => (broken = failure));
        throw error;
      } finally {
        client.off('error', lost);
        client.release(broken);
      }
    },
  };
}
