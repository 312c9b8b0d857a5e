import { type SQL, sql } from 'drizzle-orm';
import type { ActedBy, StoreChange } from '../storage/store-change.js';
import {
  type ApiKey,
  ApiKeyStore,
  type FoundApiKey,
  type NewApiKey,
} from '../storage/api-key-store.port.js';
import { LEDGER_LIFETIME_MS } from '../storage/ledger-entry.js';
import { apiKeyCreated, apiKeyDeleted } from '../storage/store-events.js';
import type { AuthDatabase } from './auth-database.js';
import { LIVE_KEY } from './api-key-rows.js';
import { ms, type Row, rows, type Transaction } from './database.js';
import { isLiveSession } from './live-session.js';
import type { AuthSchema } from './schema.js';
import { touchSubject } from './subject-row.js';
import { toCounters } from './session-rows.js';
import { writeChange } from './write-change.js';

/** `ApiKeyStore` on PostgreSQL. Locks: the subject before its keys. */
export class DrizzleApiKeyStore extends ApiKeyStore {
  private readonly schema: AuthSchema;

  constructor(
    private readonly database: AuthDatabase,
    private readonly options: { readonly audit: 'on' | 'off'; readonly deadlineMs: number },
  ) {
    super();
    this.schema = database.tables;
  }

  create(
    given: NewApiKey,
    { actorId }: ActedBy,
  ): Promise<{ readonly key: ApiKey; readonly change: StoreChange } | 'too_many' | 'superseded'> {
    return this.transaction('keep an API key', async (tx) => {
      const { subject, id: keyId, atMost, sessionId } = given;
      const { epoch } = await touchSubject(tx, this.schema, subject);
      if (!(await isLiveSession(tx, this.schema, { sessionId, subject, epoch })))
        return 'superseded';
      const live = await rows(
        tx,
        sql`select 1 from ${this.schema.apiKeys} k where k.subject = ${subject} and ${LIVE_KEY}`,
      );
      if (live.length >= atMost) return 'too_many';
      const [row] = await rows(tx, this.insert(given));
      const change = { entries: [], events: [apiKeyCreated(subject, keyId, actorId)] };
      await this.write(tx, change);
      return { key: toApiKey(row ?? {}), change };
    });
  }

  use(id: string, hash: Buffer): Promise<FoundApiKey | undefined> {
    const { apiKeys, subjects } = this.schema;
    const using = sql`with used as (
        update ${apiKeys} k set last_used_at = date_trunc('hour', clock_timestamp())
        where k.id = ${id} and k.hash = ${hash} and ${LIVE_KEY}
          and k.last_used_at is distinct from date_trunc('hour', clock_timestamp()) returning 1
      ) select ${COLUMNS}, ${COUNTERS}, (select count(*) from used)::int as used from ${apiKeys} k
        left join ${subjects} u on u.subject = k.subject where k.id = ${id} and k.hash = ${hash} and ${LIVE_KEY}`;
    return this.transaction('look an API key up', async (tx) => {
      const [row] = await rows(tx, using);
      // a first use that another use, or a deletion, came before: of a deletion this snapshot knows nothing
      const isOvertaken = row && row['last_used_at'] == null && Number(row['used']) === 0;
      return found(isOvertaken ? (await rows(tx, using))[0] : row);
    });
  }

  async read(id: string): Promise<FoundApiKey | undefined> {
    const { apiKeys, subjects } = this.schema;
    const [row] = await this.database.read(
      'look an API key up',
      this.options.deadlineMs,
      () => sql`select ${COLUMNS}, ${COUNTERS} from ${apiKeys} k left join ${subjects} u on u.subject = k.subject
          where k.id = ${id} and ${LIVE_KEY}`,
    );
    return found(row);
  }

  async list(subject: string): Promise<readonly ApiKey[]> {
    const listed = await this.database.read(
      'list API keys',
      this.options.deadlineMs,
      () => sql`select ${COLUMNS} from ${this.schema.apiKeys} k
          where k.subject = ${subject} and ${LIVE_KEY} order by k.created_at, k.id`,
    );
    return listed.map(toApiKey);
  }

  remove(subject: string, id: string, { actorId }: ActedBy): Promise<StoreChange | undefined> {
    return this.transaction('delete an API key', async (tx, nowMs) => {
      const [row] = await rows(
        tx,
        sql`delete from ${this.schema.apiKeys} k where k.id = ${id} and k.subject = ${subject} and ${LIVE_KEY} returning k.last_used_at`,
      );
      if (!row) return undefined;
      const entry = {
        kind: 'session',
        id,
        value: 0,
        expiresAt: nowMs + LEDGER_LIFETIME_MS,
      } as const;
      const change: StoreChange = {
        // no process remembers a key that was never used, and keys made in a loop fill no ledger
        entries: row['last_used_at'] == null ? [] : [entry],
        events: [apiKeyDeleted(subject, id, actorId)],
      };
      await this.write(tx, change);
      return change;
    });
  }

  removeExpired(page: number): Promise<number> {
    const { apiKeys } = this.schema;
    return this.transaction('remove expired API keys', async (tx) => {
      const gone = await rows(
        tx,
        sql`delete from ${apiKeys} k using (select id from ${apiKeys} where expires_at <= clock_timestamp()
          order by expires_at limit ${page} for update skip locked) doomed where k.id = doomed.id returning 1`,
      );
      return gone.length;
    });
  }

  private insert({ id, hash, subject, name, permissions, ttlMs }: NewApiKey): SQL {
    return sql`insert into ${this.schema.apiKeys} as k (id, hash, subject, name, permissions, created_at, expires_at)
      select ${id}, ${hash}::bytea, ${subject}, ${name}, ${permissions ? JSON.stringify(permissions) : null}::text::jsonb,
        n.now, n.now + ${ttlMs ?? null}::float8 * interval '1 millisecond'
      from (select clock_timestamp() as now) n returning ${COLUMNS}`;
  }

  private async write(tx: Transaction, change: StoreChange): Promise<void> {
    const { revocations, audit } = this.schema;
    await writeChange(
      tx,
      { revocations, audit: this.options.audit === 'on' ? audit : undefined },
      change,
    );
  }

  private transaction<T>(
    what: string,
    work: (tx: Transaction, nowMs: number) => Promise<T>,
  ): Promise<T> {
    return this.database.transaction(what, this.options.deadlineMs, (tx) => work(tx, tx.nowMs));
  }
}

/** Columns of a key `k`. */
const COLUMNS = sql`k.id, k.subject, k.name, k.permissions, ${ms(sql`k.created_at`)} as created_at, ${ms(sql`k.expires_at`)} as expires_at,
  ${ms(sql`k.last_used_at`)} as last_used_at`;
const COUNTERS = sql`coalesce(u.token_version, 1) as token_version, coalesce(u.session_epoch, 1) as session_epoch`;

function found(row: Row | undefined): FoundApiKey | undefined {
  return row && { key: toApiKey(row), state: toCounters(row) };
}

function toApiKey(row: Row): ApiKey {
  const at = (name: string): Date | undefined =>
    row[name] == null ? undefined : new Date(Number(row[name]));
  return {
    id: String(row['id']),
    subject: String(row['subject']),
    name: String(row['name']),
    permissions: Array.isArray(row['permissions']) ? row['permissions'].map(String) : undefined,
    createdAt: at('created_at') ?? new Date(0),
    expiresAt: at('expires_at'),
    lastUsedAt: at('last_used_at'),
  };
}
