import { sql } from 'drizzle-orm';
import { KeySightings } from '../storage/key-sightings.port.js';
import type { AuthDatabase } from './auth-database.js';
import { rows } from './database.js';

/** Uses the database's clock. */
export class DrizzleKeySightings extends KeySightings {
  constructor(
    private readonly database: AuthDatabase,
    private readonly options: { readonly deadlineMs: number },
  ) {
    super();
  }

  see(kids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.database.transaction('note the keys', this.options.deadlineMs, async (tx) => {
      const table = this.database.tables.keySightings;
      const given = sql`(select jsonb_array_elements_text(${JSON.stringify(kids)}::jsonb) as kid)`;
      // when processes start together, the first one finds an empty table, and the others find its keys
      await rows(tx, sql`select pg_advisory_xact_lock(hashtext('tokenward.key_sightings'))`);
      await rows(
        tx,
        sql`insert into ${table} (kid, first_seen_at) select given.kid,
          case when exists (select 1 from ${table}) then clock_timestamp() else to_timestamp(0) end
          from ${given} given on conflict (kid) do nothing`,
      );
      // the column rounds to milliseconds, up as well as down
      const seen = await rows(
        tx,
        sql`select kid, greatest(0, extract(epoch from clock_timestamp() - first_seen_at) * 1000)::float8 as age from ${table}
          where kid in (select kid from ${given} given)`,
      );
      return new Map(seen.map((row) => [String(row['kid']), Number(row['age'])]));
    });
  }

  async knows(kid: string): Promise<boolean> {
    const found = await this.database.read(
      'look a key up',
      this.options.deadlineMs,
      () => sql`select 1 as known from ${this.database.tables.keySightings} where kid = ${kid}`,
    );
    return found.length > 0;
  }
}
