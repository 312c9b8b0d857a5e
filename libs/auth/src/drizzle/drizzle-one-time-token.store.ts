import { type SQL, sql } from 'drizzle-orm';
import { AuthError } from '../common/auth-error.js';
import type { HostTransaction } from '../storage/sql-transaction.port.js';
import {
  type NewOneTimeToken,
  type OneTimeToken,
  OneTimeTokenStore,
  type SpentAlongside,
  type TokenOwner,
} from '../storage/one-time-token-store.port.js';
import { inTransactionWith } from './alongside.js';
import type { AuthDatabase } from './auth-database.js';
import { type Row, rows, type Transaction } from './database.js';
import { asTransaction } from './host-transaction.js';
import { removeTokensOf } from './one-time-token-rows.js';
import type { AuthSchema } from './schema.js';
import { toCounters } from './session-rows.js';
import { lockSubject, touchSubject } from './subject-row.js';
import { lockUser } from './user-row.js';

const WHAT = 'use a one-time token';

/** `OneTimeTokenStore` on PostgreSQL. Locks: the user, the subject, its tokens. */
export class DrizzleOneTimeTokenStore extends OneTimeTokenStore {
  private readonly schema: AuthSchema;

  constructor(
    private readonly database: AuthDatabase,
    private readonly options: { readonly deadlineMs: number },
  ) {
    super();
    this.schema = database.tables;
  }

  issue(token: NewOneTimeToken): Promise<'issued' | 'superseded'> {
    return this.transaction('keep a one-time token', async (tx) => {
      const { owner } = token;
      if (owner) {
        const { epoch } = await touchSubject(tx, this.schema, owner.subject);
        if (epoch !== owner.epoch) return 'superseded';
        await this.removeBeyond(tx, token.kind, owner);
      }
      await rows(tx, this.insert(token));
      return 'issued';
    });
  }

  async read(kind: string, hash: Buffer): Promise<OneTimeToken | undefined> {
    const [row] = await this.database.read(
      WHAT,
      this.options.deadlineMs,
      () =>
        sql`select t.subject, t.data, ${COUNTERS} from ${this.schema.oneTimeTokens} t ${this.subjectOf} where ${this.live(kind, hash)}`,
    );
    return row && toToken(row);
  }

  attempt(kind: string, hash: Buffer): Promise<OneTimeToken | undefined> {
    return this.transaction(WHAT, (tx) =>
      one(
        tx,
        sql`with t as (
            update ${this.schema.oneTimeTokens} t set tries_left = t.tries_left - 1
            where ${this.live(kind, hash)} and t.tries_left > 0 returning t.subject, t.data
          ) select t.subject, t.data, ${COUNTERS} from t ${this.subjectOf}`,
      ),
    );
  }

  redeem(
    kind: string,
    hash: Buffer,
    { tx, work, locks }: SpentAlongside = {},
  ): Promise<OneTimeToken | undefined> {
    const spend = async (runner: Transaction) => {
      if (locks === 'owner_first') await this.lockOwner(runner, hash);
      return one(
        runner,
        sql`with t as (
            delete from ${this.schema.oneTimeTokens} t where ${this.live(kind, hash)} returning t.subject, t.data
          ) select t.subject, t.data, ${COUNTERS} from t ${this.subjectOf}`,
      );
    };
    if (!work) return this.transaction(WHAT, spend, tx);
    const { deadlineMs } = this.options;
    const occasion = { what: WHAT, deadlineMs, alongside: { work } };
    return inTransactionWith(this.database, occasion, async (runner) => {
      const found = await spend(runner);
      if (!found) throw new NotLive();
      return found;
    }).catch((error: unknown) => {
      if (error instanceof NotLive) return undefined;
      throw error;
    });
  }

  once(use: Pick<NewOneTimeToken, 'hash' | 'kind' | 'data' | 'ttlMs'>): Promise<'first' | 'again'> {
    return this.transaction(WHAT, async (tx) => {
      const kept = await rows(tx, sql`${this.replacing(use)} returning 1`);
      return kept.length > 0 ? 'first' : 'again';
    });
  }

  keepGreatest({
    at,
    ...mark
  }: Pick<NewOneTimeToken, 'hash' | 'kind' | 'ttlMs'> & { readonly at: number }): Promise<void> {
    return this.transaction(WHAT, async (tx) => {
      const isSmaller = sql`or (${this.schema.oneTimeTokens}.data->>'at')::float8 <= ${at}::float8`;
      await rows(tx, sql`${this.replacing({ ...mark, data: { at } })} ${isSmaller}`);
    });
  }

  removeOf(subject: string, tx?: HostTransaction): Promise<void> {
    return this.transaction(
      'remove one-time tokens',
      async (runner) => {
        await lockSubject(runner, this.schema, subject);
        await removeTokensOf(runner, this.schema, subject);
      },
      tx,
    );
  }

  removeExpired(page: number): Promise<number> {
    const { oneTimeTokens: table } = this.schema;
    return this.database.transaction(
      'remove expired one-time tokens',
      this.options.deadlineMs * 5,
      async (tx) => {
        const gone = await rows(
          tx,
          sql`delete from ${table} t using (select hash from ${table} where expires_at <= clock_timestamp()
            order by expires_at limit ${page} for update skip locked) doomed where t.hash = doomed.hash returning 1`,
        );
        return gone.length;
      },
    );
  }

  /**
   * The token is found by its kind and its hash, which are both in the index. It must not have
   * expired, and the sessions that it belongs to must not have ended.
   */
  private live(kind: string, hash: Buffer): SQL {
    return sql`t.hash = ${hash} and t.kind = ${kind} and t.expires_at > clock_timestamp()
      and (t.epoch is null or t.epoch = (select session_epoch from ${this.schema.subjects} where subject = t.subject))`;
  }

  private async lockOwner(tx: Transaction, hash: Buffer): Promise<void> {
    const { lockableUsers: users } = this.database;
    // of users elsewhere nobody knows whether they are locked before the subject
    if (!users) return;
    const { oneTimeTokens: table } = this.schema;
    const [row] = await rows(tx, sql`select subject from ${table} where hash = ${hash}`);
    const subject = row?.['subject'];
    if (typeof subject !== 'string') return;
    await lockUser(tx, users, subject);
    await lockSubject(tx, this.schema, subject);
  }

  private get subjectOf(): SQL {
    return sql`left join ${this.schema.subjects} u on u.subject = t.subject`;
  }

  private async removeBeyond(
    tx: Transaction,
    kind: string,
    { subject, atMost }: TokenOwner,
  ): Promise<void> {
    const { oneTimeTokens: table } = this.schema;
    await rows(
      tx,
      sql`delete from ${table} where hash in (select hash from ${table} where subject = ${subject} and kind = ${kind}
        order by created_at desc, hash offset ${atMost - 1})`,
    );
  }

  private insert({ hash, kind, owner, data, ttlMs, tries = 1 }: NewOneTimeToken): SQL {
    const epoch = owner?.diesWith === 'sessions' ? owner.epoch : null;
    return sql`insert into ${this.schema.oneTimeTokens} (hash, kind, subject, epoch, data, tries_left, created_at, expires_at)
      select ${hash}::bytea, ${kind}, ${owner?.subject ?? null}, ${epoch}::int, ${JSON.stringify(data)}::text::jsonb, ${tries}::int,
        n.now, n.now + ${ttlMs}::float8 * interval '1 millisecond'
      from (select clock_timestamp() as now) n`;
  }

  /** Inserts it, or replaces a row whose time is over: such a row may wait for the clean-up. Ends in the condition. */
  private replacing(token: NewOneTimeToken): SQL {
    return sql`${this.insert(token)} on conflict (hash) do update set kind = excluded.kind, subject = excluded.subject,
      epoch = excluded.epoch, data = excluded.data, tries_left = excluded.tries_left, created_at = excluded.created_at,
      expires_at = excluded.expires_at where ${this.schema.oneTimeTokens}.expires_at <= clock_timestamp()`;
  }

  private transaction<T>(
    what: string,
    work: (tx: Transaction) => Promise<T>,
    tx?: HostTransaction,
  ): Promise<T> {
    const { deadlineMs } = this.options;
    return tx
      ? this.database.joining(what, deadlineMs, () => work(asTransaction(tx)))
      : this.database.transaction(what, deadlineMs, work);
  }
}

/** So that the transaction is undone. */
class NotLive extends AuthError {
  constructor() {
    super('link_refused', 'spent or dead by now');
  }
}

const COUNTERS = sql`coalesce(u.token_version, 1) as token_version, coalesce(u.session_epoch, 1) as session_epoch`;

async function one(tx: Transaction, statement: SQL): Promise<OneTimeToken | undefined> {
  const [row] = await rows(tx, statement);
  return row && toToken(row);
}

function toToken(row: Row): OneTimeToken {
  const { subject } = row;
  const state = toCounters(row);
  return {
    ...(typeof subject === 'string' ? { owner: { subject, state } } : {}),
    data: row['data'] as OneTimeToken['data'],
  };
}
