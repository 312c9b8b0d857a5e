import { type SQL, sql } from 'drizzle-orm';
import type { ActedBy, StoreChange } from '../storage/store-change.js';
import type { EndReason } from '../storage/end-reason.js';
import type { HostTransaction } from '../storage/sql-transaction.port.js';
import type { RevocableToken } from '../storage/ledger-entry.js';
import type { ClientContext } from '../common/principal.js';
import type { SubjectState } from '../storage/subject.js';
import type { NewSession, Session, SessionSnapshot } from '../storage/session.js';
import {
  type Alongside,
  type Authority,
  type DeviceRegistration,
  type DeviceUse,
  type DeviceUseOutcome,
  type Ended,
  type EndOneOptions,
  type OpenOutcome,
  type RegisterOutcome,
  type Removal,
  type Replacement,
  type ReplaceOutcome,
  type ReuseOutcome,
  type RotateOutcome,
  type Rotation,
  SessionStore,
} from '../storage/session-store.port.js';
import { deviceBound, sessionsEnded, versionBumped } from '../storage/store-events.js';
import type { AuthDatabase } from './auth-database.js';
import { inTransactionWith, type Occasion } from './alongside.js';
import { type Row, rows, type Transaction } from './database.js';
import { noneIfUnwritable } from './guarded.js';
import { endEverythingIn, removePage } from './session-housekeeping.js';
import { openIn } from './session-opening.js';
import { endReusedIn } from './reuse-ending.js';
import type { AuthSchema } from './schema.js';
import {
  bumpVersionIn,
  endAllIn,
  endOneIn,
  endOthersIn,
  unproveOthersIn,
} from './session-endings.js';
import { userEntry } from './marked-sessions.js';
import { replaceAndEndOthersIn, replaceIn, Superseded } from './session-replacing.js';
import { SessionReads } from './session-reads.js';
import { SessionRotations } from './session-rotations.js';
import {
  SESSION_COLUMNS,
  toAuthority,
  toCounters,
  toSession,
  toState,
  UNEXPIRED,
} from './session-rows.js';
import {
  authorityStatement,
  registerStatement,
  useDeviceStatement,
  UUID,
} from './session-statements.js';
import type { NamedUsers } from './user-columns.js';
import { type ChangeTables, writeChange } from './write-change.js';

export interface DrizzleSessionStoreOptions {
  /** `on`: the store records its changes in the audit trail. */
  readonly audit?: 'on' | 'off';
  readonly deadlineMs: number;
}

/** `SessionStore` on PostgreSQL. Reads go to the primary. */
export class DrizzleSessionStore extends SessionStore {
  readonly usersAre: 'here' | 'elsewhere';
  /** With users in the same database, a refresh and the authoritative check are one query each. */
  private readonly users: NamedUsers | undefined;
  private readonly schema: AuthSchema;
  private readonly reads: SessionReads;
  private readonly rotations: SessionRotations;

  constructor(
    private readonly database: AuthDatabase,
    private readonly options: DrizzleSessionStoreOptions,
  ) {
    super();
    this.schema = database.tables;
    this.users = database.users;
    this.usersAre = database.users ? 'here' : 'elsewhere';
    this.reads = new SessionReads(database, options.deadlineMs);
    this.rotations = new SessionRotations(database, this.reads, options.deadlineMs);
  }

  open(session: NewSession, alongside: Pick<Alongside, 'work'> = {}): Promise<OpenOutcome> {
    const opening = this.changing(
      'open a session',
      alongside,
      (tx, nowMs) => openIn(tx, this.schema, session, nowMs),
      { order: 'last' },
    );
    return opening.catch(orSuperseded);
  }

  async rotate(rotation: Rotation): Promise<RotateOutcome> {
    const { row, found } = await this.rotations.rotate(rotation);
    return row ? { kind: 'rotated', ...toState(row, this.users) } : { kind: 'missed', found };
  }

  read(sessionId: string): Promise<SessionSnapshot | undefined> {
    return this.reads.read(sessionId);
  }

  replace(
    replacement: Replacement,
    alongside: Pick<Alongside, 'work'> = {},
  ): Promise<ReplaceOutcome> {
    const change = this.changing(
      'replace a secret',
      alongside,
      (tx) => replaceIn(tx, this.database, replacement),
      { order: 'last' },
    );
    return change.catch(orSuperseded);
  }

  replaceAndEndOthers(replacement: Replacement, alongside: Alongside): Promise<ReplaceOutcome> {
    const change = this.changing('change a password', alongside, (tx, nowMs) =>
      replaceAndEndOthersIn(tx, this.database, replacement, nowMs),
    );
    return change.catch(orSuperseded);
  }

  registerDevice(registration: DeviceRegistration): Promise<RegisterOutcome> {
    return this.changing('register a device', {}, async (tx) => {
      const [row] = await rows(tx, registerStatement(this.schema, this.users, registration));
      if (!row) return { kind: 'missed' };
      const state = toState(row, this.users);
      return { kind: 'registered', ...state, entries: [], events: [deviceBound(state.session)] };
    });
  }

  async useDevice(use: DeviceUse): Promise<DeviceUseOutcome> {
    // in a transaction, which limits how long it waits for the row lock
    const [row] = await this.database.transaction('use a device', this.options.deadlineMs, (tx) =>
      rows(tx, useDeviceStatement(this.schema, this.users, use)),
    );
    return row ? { kind: 'used', ...toState(row, this.users) } : { kind: 'missed' };
  }

  async list(subject: string, tx?: HostTransaction): Promise<readonly Session[]> {
    const found = await this.query(
      'list sessions',
      () => sql`select ${SESSION_COLUMNS} from ${this.schema.sessions} s join ${this.schema.subjects} u on u.subject = s.subject and u.session_epoch = s.epoch
        where s.subject = ${subject} and ${UNEXPIRED} order by s.last_used_at desc, s.id`,
      tx,
    );
    return found.map(toSession);
  }

  async endOne(
    sessionId: string,
    reason: EndReason,
    by: EndOneOptions = {},
  ): Promise<Ended | undefined> {
    // one of our access tokens may still name a session of another system
    if (!UUID.test(sessionId)) return undefined;
    return this.changing('end a session', {}, (tx, nowMs) =>
      endOneIn(tx, this.schema, sessionId, reason, { ...by, nowMs }),
    );
  }

  endOthers(subject: string, keep: string, reason: EndReason): Promise<Ended> {
    return this.changing('end other sessions', {}, async (tx, nowMs) => {
      const ended = await endOthersIn(tx, this.schema, { subject, keep }, reason, nowMs);
      const by = { userId: subject, actorId: subject, reason };
      return { ...ended, events: [...sessionsEnded(ended.sessions, by), ...ended.events] };
    });
  }

  endAll(subject: string, reason: EndReason, alongside: Alongside = {}): Promise<Ended> {
    return this.changing('end all sessions', alongside, async (tx, nowMs) => {
      const ended = await endAllIn(tx, this.schema, subject, reason, {
        nowMs,
        actorId: alongside.actorId,
      });
      const by = { userId: subject, actorId: alongside.actorId, reason };
      return { ...ended, events: [...sessionsEnded(ended.sessions, by), ...ended.events] };
    });
  }

  endReused(
    sessionId: string,
    scope: 'user' | 'family',
    by: ClientContext = {},
  ): Promise<ReuseOutcome> {
    return this.changing('end a reused family', {}, (tx, nowMs) =>
      endReusedIn(tx, this.schema, { sessionId, scope, by, nowMs }),
    );
  }

  bumpVersion(subject: string, alongside: Alongside = {}): Promise<Ended> {
    return this.changing('bump a token version', alongside, async (tx, nowMs) => {
      const { state, acting } = await bumpVersionIn(tx, this.schema, subject, 'version', nowMs);
      const entries = [userEntry(subject, state.tokenVersion, nowMs), ...acting.entries];
      return {
        sessions: 0,
        entries,
        events: [versionBumped(subject, alongside), ...acting.events],
      };
    });
  }

  unproveOthers(subject: string, keep: string, alongside: Alongside = {}): Promise<Ended> {
    return this.changing('forget credential proofs', alongside, async (tx, nowMs) => {
      const { entries, events } = await unproveOthersIn(tx, this.schema, { subject, keep }, nowMs);
      return { sessions: 0, entries, events: [versionBumped(subject, alongside), ...events] };
    });
  }

  endEverything(by: ActedBy = {}, toleranceMs = 0): Promise<Ended> {
    const end = (tx: Transaction, nowMs: number) =>
      endEverythingIn(tx, this.schema, by, nowMs + toleranceMs);
    // ends every session in one transaction, so its time grows with their number
    return this.changing('end everything', {}, end, { deadlineMs: this.options.deadlineMs * 60 });
  }

  async readSubject(subject: string): Promise<SubjectState> {
    const [row] = await this.query(
      'read a subject',
      () =>
        sql`select token_version, session_epoch from ${this.schema.subjects} where subject = ${subject}`,
    );
    return toCounters(row);
  }

  async readAuthority(token: RevocableToken): Promise<Authority> {
    const { deadlineMs } = this.options;
    const [row] = await this.database
      .statement('check a token', deadlineMs, () =>
        authorityStatement(this.schema, this.users, token),
      )
      .catch(noneIfUnwritable);
    return toAuthority(row, this.users);
  }

  removeExpired(keepMs: number, page: number, cursor?: string): Promise<Removal> {
    return this.database.transaction('remove expired sessions', this.options.deadlineMs * 5, (tx) =>
      removePage(tx, this.schema, { keepMs, page, cursor }),
    );
  }

  private get changeTables(): ChangeTables {
    const { revocations, audit } = this.schema;
    return { revocations, audit: this.options.audit === 'on' ? audit : undefined };
  }

  private query(what: string, statement: () => SQL, tx?: HostTransaction): Promise<readonly Row[]> {
    return this.database.read(what, this.options.deadlineMs, statement, tx);
  }

  /** Writes the changes that `work` returns before the commit. */
  private changing<T extends object | undefined>(
    what: string,
    alongside: Alongside,
    work: (tx: Transaction, nowMs: number) => Promise<T>,
    { deadlineMs = this.options.deadlineMs, order }: Partial<Occasion> = {},
  ): Promise<T> {
    const occasion = { what, deadlineMs, alongside, order };
    return inTransactionWith(this.database, occasion, async (tx, nowMs) => {
      const outcome = await work(tx, nowMs);
      const { entries = [], events = [] }: Partial<StoreChange> = outcome ?? {};
      await writeChange(tx, this.changeTables, { entries, events });
      return outcome;
    });
  }
}

function orSuperseded(error: unknown): { readonly kind: 'superseded' } {
  if (error instanceof Superseded) return { kind: 'superseded' };
  throw error;
}
