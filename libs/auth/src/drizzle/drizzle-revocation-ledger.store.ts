import { sql, type SQL } from 'drizzle-orm';
import type { ActedBy, StoreChange } from '../storage/store-change.js';
import { AuthError } from '../common/auth-error.js';
import type { LedgerEntry, RevocableToken } from '../storage/ledger-entry.js';
import { entriesAppended } from '../storage/store-events.js';
import {
  RevocationLedgerStore,
  type LedgerHistory,
  type LedgerPosition,
  type LedgerRead,
} from '../storage/revocation-ledger.port.js';
import type { AuthDatabase } from './auth-database.js';
import { type Row, rows } from './database.js';
import { fromRow, refusedCondition } from './ledger-rows.js';
import { ledgerIdentity } from './ledger-identity.js';
import { listen } from './ledger-listener.js';
import type { OwnTransaction, TransactionOptions } from './own-transaction.js';
import { Histories } from './histories.js';
import { assertPrimary, timelineOf, WAL_FILE } from './primary-answer.js';
import type { AuthSchema } from './schema.js';
import { writeChange } from './write-change.js';

export interface DrizzleRevocationLedgerOptions {
  /**
   * The time limit of one statement, in milliseconds. A full read of the ledger may take a hundred
   * times as long.
   */
  readonly deadlineMs: number;
  /** `on`: the store records its changes in the audit trail. */
  readonly audit?: 'on' | 'off';
}

const FULL_READ_FACTOR = 100;
const PAGE_ROWS = 10_000;
const PAGE_FACTOR = 10;
const positionColumns = ({
  ledger,
}: AuthSchema): SQL => sql`(select l.id::text from ${ledger} l limit 1) as ledger,
  pg_current_snapshot()::text as snapshot, ${sql.raw(WAL_FILE)}`;
const ENTRY_COLUMNS = sql`r.kind, r.subject, r.min_version, r.issued_before::float8 as issued_before,
  (extract(epoch from r.expires_at) * 1000)::float8 as expires_at`;
type BatchTaker = (entries: readonly LedgerEntry[]) => void | Promise<void>;
const SNAPSHOT = /^\d+:\d+:(?:\d+(?:,\d+)*)?$/;

/** The ledger in Postgres, written and read only on the primary. */
export class DrizzleRevocationLedgerStore extends RevocationLedgerStore {
  readonly #schema: AuthSchema;
  /** Of the modules on this store: other histories of the pool may be of ledgers in other schemas. */
  readonly #own = new Histories();

  constructor(
    private readonly database: AuthDatabase,
    private readonly options: DrizzleRevocationLedgerOptions,
  ) {
    super();
    this.#schema = database.tables;
  }

  identity(): Promise<string> {
    return this.inTransaction(
      'revocation ledger identity',
      this.options.deadlineMs,
      (tx) => ledgerIdentity(tx, this.#schema),
      { timeline: 'any' },
    );
  }

  async append(entries: readonly LedgerEntry[], by: ActedBy = {}): Promise<StoreChange> {
    const change = { entries, events: entriesAppended(entries, by) };
    const { revocations } = this.#schema;
    const audit = this.options.audit === 'on' ? this.#schema.audit : undefined;
    await this.inTransaction('revocation ledger append', this.options.deadlineMs, (tx) =>
      writeChange(tx, { revocations, audit }, change),
    );
    return change;
  }

  async readSince(since: LedgerPosition | undefined, onBatch?: BatchTaker): Promise<LedgerRead> {
    if (!since && onBatch) return this.readAll(onBatch);
    if (since && !SNAPSHOT.test(since.snapshot))
      throw AuthError.unavailable('revocation ledger: not a snapshot');
    const deadlineMs = this.options.deadlineMs * (since ? 1 : FULL_READ_FACTOR);
    const { found, position, nowMs } = await this.inTransaction(
      'revocation ledger read',
      deadlineMs,
      async (tx) => {
        const found = await rows(tx, this.readStatement(since));
        return { found, position: await this.positionIn(tx, found[0], since), nowMs: tx.nowMs };
      },
      { timeline: 'any' },
    );
    if (since && since.ledger !== position.ledger) return { position, entries: [] };
    // A promoted standby may have lost commits and used their numbers again. A restored dump may
    // start at any number.
    if (since && (since.timeline < position.timeline || xmax(since) > xmax(position)))
      return this.readSince(undefined, onBatch);
    return { position, entries: found.flatMap(entriesOf), nowMs };
  }

  /**
   * Reads pages by id, each in its own transaction, so that no snapshot stays open while a slow
   * feed processes them. Every row in the first snapshot still exists when its page is read,
   * because rows are only removed once they have expired.
   */
  private async readAll(onBatch: BatchTaker): Promise<LedgerRead> {
    const { deadlineMs } = this.options;
    const { position, nowMs } = await this.inTransaction(
      'revocation ledger read',
      deadlineMs,
      async (tx) => {
        const [first] = await rows(tx, sql`select ${positionColumns(this.#schema)}`);
        return { position: await this.positionIn(tx, first), nowMs: tx.nowMs };
      },
      { timeline: 'any' },
    );
    if (this.isForeign(position)) return { position, entries: [] };
    for (let last = '0'; ;) {
      const page = await this.inTransaction(
        'revocation ledger read',
        deadlineMs * PAGE_FACTOR,
        (tx) => rows(tx, this.pageStatement(last)),
      );
      // Another primary, or the same one after a restore, may not have all rows of the first snapshot.
      const now = positionOf(page[0]);
      if (
        now.ledger !== position.ledger ||
        now.timeline !== position.timeline ||
        xmax(now) < xmax(position)
      )
        throw AuthError.unavailable('revocation ledger: another server took over during the read');
      const entries = page.flatMap(entriesOf);
      await onBatch(entries);
      if (page.length < PAGE_ROWS) return { position, entries: [], nowMs };
      last = String(page.at(-1)?.['id']);
    }
  }

  override setHistory(known: () => LedgerHistory | undefined): () => void {
    const forget = [this.#own.add(known), this.database.histories.add(known)];
    return () => forget.forEach((each) => each());
  }

  async isRevoked(token: RevocableToken): Promise<boolean> {
    const [row] = await this.inTransaction(
      'revocation ledger question',
      this.options.deadlineMs,
      (tx) => rows(tx, this.questionStatement(token)),
    );
    if (this.isForeign(positionOf(row)))
      throw AuthError.unavailable('revocation ledger: another database answered');
    return row?.['revoked'] === true;
  }

  onAppended(wake: () => void): Promise<() => Promise<void>> {
    return listen(this.database.pool, wake);
  }

  /** Not in a transaction, because Tokenward's own turn `synchronous_commit` on. */
  override async warnings(): Promise<readonly string[]> {
    const off = await this.database.statement(
      'revocation ledger settings',
      this.options.deadlineMs,
      () =>
        sql`select name from pg_settings where name in ('fsync', 'synchronous_commit') and setting = 'off' order by name`,
    );
    return off.map(
      ({ name }) =>
        `Postgres may forget acknowledged commits when it crashes (${String(name)} is off); set ${String(name)} to on`,
    );
  }

  /** The snapshot and the rows come from one statement, so they are consistent. */
  private readStatement(since: LedgerPosition | undefined): SQL {
    const unseen = since
      ? sql`(r.xid >= ${xmax(since).toString()}::xid8 or r.xid = any(${`{${xip(since)}}`}::xid8[])) and`
      : sql``;
    return sql`select ${positionColumns(this.#schema)}, ${ENTRY_COLUMNS}
      from (select 1) one left join ${this.#schema.revocations} r on ${unseen} r.expires_at > clock_timestamp()`;
  }

  private pageStatement(afterId: string): SQL {
    return sql`select ${positionColumns(this.#schema)}, ${ENTRY_COLUMNS}, r.id::text as id from (select 1) one left join lateral (
        select * from ${this.#schema.revocations} where id > ${afterId}::bigint and expires_at > clock_timestamp()
        order by id limit ${PAGE_ROWS}) r on true order by r.id`;
  }

  private questionStatement(token: RevocableToken): SQL {
    return sql`select ${positionColumns(this.#schema)},
      exists (select 1 from ${this.#schema.revocations} r where ${refusedCondition(token)}) as revoked`;
  }

  /**
   * Throws for a former primary of the same ledger. The timelines of another cluster begin at 1: to the ledger that
   * `pg_upgrade` copied there this gives an id of its own, so that processes follow it without a restart.
   */
  private async positionIn(
    tx: OwnTransaction,
    row: Row | undefined,
    since?: LedgerPosition,
  ): Promise<LedgerPosition> {
    const position = positionOf(row);
    const { ledger } = position;
    const known = [...this.#own.all(), ...(since ? [since] : [])];
    const timelines = known.flatMap((each) => (each.ledger === ledger ? [each.timeline] : []));
    const newest = Math.max(0, ...timelines);
    if (newest <= position.timeline) return position;
    const own = await ledgerIdentity(tx, this.#schema);
    if (own === ledger) assertPrimary(row, newest);
    return { ...position, ledger: own };
  }

  /** Whether no module knows it: then it is not the ledger that the views are filled from. */
  private isForeign({ ledger }: LedgerPosition): boolean {
    const known = this.#own.all();
    return known.length > 0 && known.every((each) => each.ledger !== ledger);
  }

  private inTransaction<T>(
    what: string,
    deadlineMs: number,
    work: (tx: OwnTransaction) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T> {
    return this.database.transaction(what, deadlineMs, work, options);
  }
}

function positionOf(row: Row | undefined): LedgerPosition {
  const { ledger, snapshot } = row ?? {};
  const timeline = timelineOf(row);
  if (timeline === undefined || typeof snapshot !== 'string')
    throw AuthError.unavailable('revocation ledger: the server is a standby');
  return {
    ledger: typeof ledger === 'string' ? ledger : '',
    timeline,
    snapshot,
  };
}

function xmax(position: LedgerPosition): bigint {
  return BigInt(position.snapshot.split(':')[1] ?? '0');
}

function xip(position: LedgerPosition): string {
  return position.snapshot.split(':')[2] ?? '';
}

/** No entries for the row that stands for an empty result. */
function entriesOf(row: Row): readonly LedgerEntry[] {
  if (row['kind'] === null) return [];
  const entry = fromRow({
    kind: row['kind'] as LedgerEntry['kind'],
    subject: String(row['subject']),
    minVersion: row['min_version'] as number | null,
    issuedBefore: row['issued_before'] as number | null,
    expiresAt: new Date(Number(row['expires_at'])),
  });
  return entry ? [entry] : [];
}
