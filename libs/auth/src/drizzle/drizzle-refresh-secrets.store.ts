import { sql } from 'drizzle-orm';
import { RefreshSecretsStore } from '../storage/refresh-secrets.port.js';
import type { AuthDatabase } from './auth-database.js';
import { rows, type Transaction } from './database.js';
import type { AuthSchema } from './schema.js';

/**
 * Secrets are made once and kept in Postgres, shared by all processes. By the database's clock, the
 * newest secret whose start time has passed mints.
 */
export class DrizzleRefreshSecretsStore extends RefreshSecretsStore {
  constructor(
    private readonly database: AuthDatabase,
    private readonly options: { readonly deadlineMs: number },
  ) {
    super();
  }

  loadOrCreate(candidate: string): Promise<readonly string[]> {
    const [id, secret] = candidate.split(':', 2);
    return this.alone('read the refresh-token secret', async (tx, table) => {
      await rows(
        tx,
        sql`insert into ${table} (id, secret) select ${id ?? ''}, ${secret ?? ''} where not exists (select 1 from ${table})`,
      );
      const kept = await rows(
        tx,
        sql`select id, secret from ${table} order by mints_from <= clock_timestamp() desc, mints_from desc, id`,
      );
      return kept.map((row) => `${String(row['id'])}:${String(row['secret'])}`);
    });
  }

  override rotate(candidate: string, leadTimeMs: number, retainMs: number): Promise<void> {
    const [id, secret] = candidate.split(':', 2);
    return this.alone('rotate the refresh-token secret', async (tx, table) => {
      // a secret stops minting when its successor starts
      await rows(
        tx,
        sql`delete from ${table} where mints_from < (select max(mints_from) from ${table}
            where mints_from < clock_timestamp() - ${retainMs}::float8 * interval '1 millisecond')`,
      );
      await rows(
        tx,
        sql`insert into ${table} (id, secret, mints_from) values (${id ?? ''}, ${secret ?? ''},
            clock_timestamp() + ${leadTimeMs}::float8 * interval '1 millisecond')`,
      );
    });
  }

  /** Only one process makes a secret at a time; the second one finds the first one's. */
  private alone<T>(
    what: string,
    work: (tx: Transaction, table: AuthSchema['peppers']) => Promise<T>,
  ): Promise<T> {
    return this.database.transaction(what, this.options.deadlineMs, async (tx) => {
      await rows(tx, sql`select pg_advisory_xact_lock(hashtext('tokenward.pepper'))`);
      return work(tx, this.database.tables.peppers);
    });
  }
}
