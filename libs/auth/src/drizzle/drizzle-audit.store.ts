import { type SQL, sql } from 'drizzle-orm';
import type { AuditRecord, NewAuditRecord } from '../storage/audit-record.js';
import {
  type AuditQuery,
  AuditStore,
  type Familiarity,
  type Sighting,
} from '../storage/audit-store.port.js';
import { insertRecords, toAuditRecord } from './audit-rows.js';
import type { AuthDatabase } from './auth-database.js';
import { ms, type Row } from './database.js';
import { WAL_FILE } from './primary-answer.js';
import type { AuthSchema } from './schema.js';

const NETWORK = (ip: SQL): SQL =>
  sql`network(set_masklen(${ip}, case family(${ip}) when 4 then 24 else 48 end))`;

/** `AuditStore` on PostgreSQL. */
export class DrizzleAuditStore extends AuditStore {
  constructor(
    private readonly database: AuthDatabase,
    private readonly options: { readonly deadlineMs: number },
  ) {
    super();
  }

  private get table(): AuthSchema['audit'] {
    return this.database.tables.audit;
  }

  async append(records: readonly NewAuditRecord[]): Promise<void> {
    await this.change(
      'write the audit trail',
      () => sql`${insertRecords(this.table, records)} returning ${sql.raw(WAL_FILE)}`,
    );
  }

  async find(query: AuditQuery & { readonly limit: number }): Promise<readonly AuditRecord[]> {
    const found = await this.query(
      'read the audit trail',
      () => sql`select id, ${ms(sql`at`)} as at, type, severity, subject, actor, session_id, host(ip) as ip, user_agent, detail, count from ${this.table}
        where ${conditions(query)} order by id desc limit ${query.limit}`,
    );
    return found.map(toAuditRecord);
  }

  async removeOlder(keepMs: number, page: number): Promise<number> {
    const [row] = await this.change(
      'clean the audit trail up',
      () => sql`with doomed as materialized (
          select id from ${this.table} where at < clock_timestamp() - ${keepMs}::float8 * interval '1 millisecond'
          order by at limit ${page} for update skip locked
        ), gone as (delete from ${this.table} a using doomed where a.id = doomed.id returning 1)
        select count(*)::int as removed from gone`,
    );
    return Number(row?.['removed']);
  }

  async familiarity({ userId, sessionId, ip, userAgent }: Sighting): Promise<Familiarity> {
    const here = NETWORK(sql`${ip ?? null}::inet`);
    const [row] = await this.query(
      'look for earlier sign-ins',
      () => sql`select count(*)::int as earlier, coalesce(bool_or(${NETWORK(sql`a.ip`)} = ${here}), false) as network,
          coalesce(bool_or(a.user_agent = ${userAgent ?? null}::text), false) as agent
        from (select ip, user_agent from ${this.table} where subject = ${userId} and type = 'login.succeeded'
          and actor is null and session_id is distinct from ${sessionId} order by id desc limit 1000) a`,
    );
    return {
      earlier: Number(row?.['earlier']),
      // an unknown address or user agent does not count as a new one
      network: ip === undefined || row?.['network'] === true ? 'known' : 'new',
      userAgent: userAgent === undefined || row?.['agent'] === true ? 'known' : 'new',
    };
  }

  private change(what: string, statement: () => SQL): Promise<readonly Row[]> {
    return this.database.statement(what, this.options.deadlineMs, statement);
  }

  private query(what: string, statement: () => SQL): Promise<readonly Row[]> {
    return this.database.read(what, this.options.deadlineMs, statement);
  }
}

function conditions({ userId, actorId, types, from, to, cursor }: AuditQuery): SQL {
  const all = [
    userId !== undefined && sql`subject = ${userId}`,
    actorId !== undefined && sql`actor = ${actorId}`,
    types && sql`type in (select jsonb_array_elements_text(${JSON.stringify(types)}::jsonb))`,
    from && sql`at >= to_timestamp(${from.getTime() / 1000}::float8)`,
    to && sql`at < to_timestamp(${to.getTime() / 1000}::float8)`,
    cursor !== undefined && sql`id < ${cursor}::bigint`,
  ].filter((each) => each instanceof Object);
  return all.length === 0 ? sql`true` : sql.join(all, sql` and `);
}
