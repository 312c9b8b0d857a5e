import { sql } from 'drizzle-orm';
import type { ActedBy } from '../storage/store-change.js';
import { FOREIGN_LEDGER_LIFETIME_MS } from '../storage/foreign-names.js';
import type { Ended, Removal } from '../storage/session-store.port.js';
import { rows, type Transaction } from './database.js';
import type { AuthSchema } from './schema.js';
import { NO_SESSION } from './marked-sessions.js';

export interface RemovalPage {
  readonly keepMs: number;
  readonly page: number;
  readonly cursor?: string;
}

/**
 * Walks the primary key, because no column that rotation writes is indexed. A row is checked again
 * under its lock.
 */
export async function removePage(
  tx: Transaction,
  schema: AuthSchema,
  { keepMs, page, cursor }: RemovalPage,
): Promise<Removal> {
  const before = sql`clock_timestamp() - ${keepMs}::float8 * interval '1 millisecond'`;
  const [row] = await rows(
    tx,
    sql`with page as materialized (
        select id from ${schema.sessions} where id > ${cursor ?? NO_SESSION}::uuid order by id limit ${page}
      ), doomed as materialized (
        select s.id from ${schema.sessions} s where s.id in (select id from page)
          and least(s.ended_at, s.idle_expires_at, s.absolute_expires_at, s.register_by) < ${before} for update skip locked
      ), gone as (
        delete from ${schema.sessions} s using doomed where s.id = doomed.id returning 1
      ), spent as materialized (
        select id from ${schema.revocations} where expires_at < clock_timestamp() order by expires_at limit ${page} for update skip locked
      ), forgotten as (
        delete from ${schema.revocations} r using spent where r.id = spent.id returning 1
      )
      select (select count(*) from gone)::int + (select count(*) from forgotten)::int as removed, (select count(*) from page)::int as seen,
        (select id::text from page order by id desc limit 1) as last`,
  );
  const full = Number(row?.['seen']) === page;
  return { removed: Number(row?.['removed']), cursor: full ? String(row?.['last']) : undefined };
}

/**
 * After a restore from a backup, versions and endings may be older than they were: everything
 * issued until `upToMs` is invalid.
 */
export async function endEverythingIn(
  tx: Transaction,
  schema: AuthSchema,
  { actorId }: ActedBy,
  upToMs: number,
): Promise<Ended> {
  await rows(
    tx,
    sql`update ${schema.subjects} set token_version = token_version + 1, session_epoch = session_epoch + 1`,
  );
  const ended = await tx.execute(
    sql`update ${schema.sessions} set ended_at = clock_timestamp(), end_reason = 'restored' where ended_at is null`,
  );
  // a token that was used after the backup exists again
  await rows(tx, sql`delete from ${schema.oneTimeTokens}`);
  // a key that was deleted after the backup exists again, and nobody knows which
  await rows(tx, sql`delete from ${schema.apiKeys}`);
  // whole seconds: a token issued later in the same second is refused, too
  const issuedBefore = Math.floor(upToMs / 1000) + 1;
  const sessions = ended.rowCount ?? 0;
  return {
    sessions,
    // revocations of other issuers' tokens since the backup are lost, too
    entries: [
      { kind: 'all', id: '', value: issuedBefore, expiresAt: upToMs + FOREIGN_LEDGER_LIFETIME_MS },
    ],
    events: [{ type: 'everything.revoked', actorId, sessionsEnded: sessions }],
  };
}
