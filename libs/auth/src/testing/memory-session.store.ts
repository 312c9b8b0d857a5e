import type { ClientContext } from '../common/principal.js';
import type { ActedBy } from '../storage/store-change.js';
import type { EndReason } from '../storage/end-reason.js';
import { refusesToken, type RevocableToken } from '../storage/ledger-entry.js';
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
import {
  deviceBound,
  familyReused,
  sessionEnded,
  sessionsEnded,
  versionBumped,
} from '../storage/store-events.js';
import {
  asMemoryTransaction,
  type MemoryDatabase,
  type MemoryTransaction,
} from './memory-database.js';
import { removePage } from './memory-housekeeping.js';
import {
  type MemoryChange,
  openIn,
  replaceAndEndOthersIn,
  replaceIn,
  Superseded,
} from './memory-session-changes.js';
import { MemoryEndings } from './memory-session-endings.js';
import { MemorySessionReader } from './memory-session-reader.js';
import {
  isProved,
  isUnexpired,
  registeredRow,
  rotatedRow,
  rowOfUse,
} from './memory-session-rows.js';

export interface MemorySessionStoreOptions {
  /** Whether the users are in the same database, or in a directory of the host. */
  readonly users: 'here' | 'elsewhere';
}

/** `SessionStore` in the memory of one process, for tests. */
export class MemorySessionStore extends SessionStore {
  readonly usersAre: 'here' | 'elsewhere';
  private readonly reader: MemorySessionReader;

  constructor(
    private readonly database: MemoryDatabase,
    { users }: MemorySessionStoreOptions,
  ) {
    super();
    this.usersAre = users;
    this.reader = new MemorySessionReader(database, users);
  }

  open(session: NewSession, alongside: Pick<Alongside, 'work'> = {}): Promise<OpenOutcome> {
    const opening = this.within(alongside, (change) => openIn(change, session), 'last');
    return opening.catch(orSuperseded);
  }

  rotate(rotation: Rotation): Promise<RotateOutcome> {
    return this.within({}, ({ tx }) => {
      const row = this.database.sessions.get(rotation.sessionId);
      const current =
        row?.generation === rotation.generation && row.tokenHash.equals(rotation.presentedHash);
      if (!row || !current || !this.reader.live(row) || !isProved(row, rotation.provedKey))
        return { kind: 'missed' };
      const next = rotatedRow(row, rotation, this.nowMs);
      tx.put(this.database.sessions, row.id, next);
      return { kind: 'rotated', ...this.reader.stateOf(next) };
    });
  }

  async read(sessionId: string): Promise<SessionSnapshot | undefined> {
    const row = this.database.sessions.get(sessionId);
    if (!row) return undefined;
    const { tokenHash, rotationNonce, rotationCause, rotationKey, rotatedAtMs } = row;
    const rotatedAgoMs = rotatedAtMs === null ? null : this.nowMs - rotatedAtMs;
    return {
      ...this.reader.stateOf(row),
      tokenHash,
      rotationNonce,
      rotationCause,
      rotationKey,
      rotatedAgoMs,
      live: this.reader.live(row),
    };
  }

  replace(
    replacement: Replacement,
    alongside: Pick<Alongside, 'work'> = {},
  ): Promise<ReplaceOutcome> {
    const attempt = this.within(alongside, (change) => replaceIn(change, replacement), 'last');
    return attempt.catch(orSuperseded);
  }

  replaceAndEndOthers(replacement: Replacement, alongside: Alongside): Promise<ReplaceOutcome> {
    const attempt = this.within(alongside, (change) => replaceAndEndOthersIn(change, replacement));
    return attempt.catch(orSuperseded);
  }

  registerDevice(registration: DeviceRegistration): Promise<RegisterOutcome> {
    return this.within({}, ({ tx }) => {
      const { sessionId, presentedHash, withinMs } = registration;
      const row = this.database.sessions.get(sessionId);
      const fits = row?.transport === 'cookie' && !row.bound && row.tokenHash.equals(presentedHash);
      if (
        !row ||
        !fits ||
        !this.reader.live(row) ||
        row.createdAt.getTime() <= this.nowMs - withinMs
      )
        return { kind: 'missed' };
      const next = registeredRow(row, registration, this.nowMs);
      tx.put(this.database.sessions, row.id, next);
      return {
        kind: 'registered',
        ...this.reader.stateOf(next),
        entries: [],
        events: [deviceBound(next)],
      };
    });
  }

  useDevice(use: DeviceUse): Promise<DeviceUseOutcome> {
    return this.within({}, ({ tx }) => {
      const row = this.database.sessions.get(use.sessionId);
      const isBound = row?.bound?.kind === 'dbsc' && row.bound.key === use.key;
      const next =
        row && isBound && this.reader.live(row) ? rowOfUse(row, use, this.nowMs) : undefined;
      if (!next) return { kind: 'missed' };
      tx.put(this.database.sessions, next.id, next);
      return { kind: 'used', ...this.reader.stateOf(next) };
    });
  }

  async list(subject: string): Promise<readonly Session[]> {
    return this.reader
      .usableOf(subject)
      .sort((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime());
  }

  endOne(
    given: string,
    reason: EndReason,
    { subject, actorId }: EndOneOptions = {},
  ): Promise<Ended | undefined> {
    return this.within({}, ({ endings }) => {
      // as a `uuid` column does
      const sessionId = given.toLowerCase();
      const row = this.database.sessions.get(sessionId);
      if (!row || row.endedAtMs !== null) return undefined;
      if (subject !== undefined && (row.subject !== subject || !isUnexpired(row, this.nowMs)))
        return undefined;
      const doer = reason === 'logout' ? (row.actor?.id ?? row.subject) : actorId;
      const by = { userId: row.subject, actorId: doer };
      const events = [sessionEnded(sessionId, { ...by, reason })];
      return { sessions: 1, entries: endings.end([row], reason), events };
    });
  }

  endOthers(subject: string, keep: string, reason: EndReason): Promise<Ended> {
    return this.within({}, ({ endings, tx }) => {
      const state = endings.bump(subject, 'epoch');
      const kept = this.database.sessions.get(keep);
      if (kept?.subject === subject && kept.epoch === state.epoch - 1)
        tx.put(this.database.sessions, keep, { ...kept, epoch: state.epoch });
      const mine = this.database.sessionsOf(subject);
      const others = mine.filter(({ id, endedAtMs }) => id !== keep && endedAtMs === null);
      const events = sessionsEnded(others.length, { userId: subject, actorId: subject, reason });
      return { sessions: others.length, entries: endings.end(others, reason), events };
    });
  }

  endAll(subject: string, reason: EndReason, alongside: Alongside = {}): Promise<Ended> {
    return this.within(alongside, ({ endings }) => {
      const ended = endings.endAll(subject, reason, alongside);
      const by = { userId: subject, actorId: alongside.actorId, reason };
      return { ...ended, events: [...sessionsEnded(ended.sessions, by), ...ended.events] };
    });
  }

  endReused(
    sessionId: string,
    scope: 'user' | 'family',
    by: ClientContext = {},
  ): Promise<ReuseOutcome> {
    return this.within({}, ({ endings }) => {
      const row = this.database.sessions.get(sessionId);
      if (!row || !this.reader.usable(row)) return { kind: 'spared' };
      const family = endings.end([row], 'reuse');
      const others =
        scope === 'user' && !row.actor
          ? endings.endAll(row.subject, 'reuse')
          : { sessions: 0, entries: [] };
      const sessions = 1 + others.sessions;
      const events = [
        familyReused(sessionId, row.subject, sessions, { ...by, actorId: row.actor?.id }),
      ];
      return { kind: 'ended', sessions, entries: [...family, ...others.entries], events };
    });
  }

  bumpVersion(subject: string, alongside: Alongside = {}): Promise<Ended> {
    return this.within(alongside, ({ endings }) => {
      const state = endings.bump(subject, 'version');
      const entries = endings.refuseEarlier(subject, state);
      return { sessions: 0, entries, events: [versionBumped(subject, alongside)] };
    });
  }

  unproveOthers(subject: string, keep: string, alongside: Alongside = {}): Promise<Ended> {
    return this.within(alongside, ({ endings }) => {
      const entries = endings.unproveOthers(subject, keep);
      return { sessions: 0, entries, events: [versionBumped(subject, alongside)] };
    });
  }

  endEverything(by: ActedBy = {}, toleranceMs = 0): Promise<Ended> {
    return this.within({}, ({ endings }) => endings.endEverything(by, toleranceMs));
  }

  async readSubject(subject: string): Promise<SubjectState> {
    return this.database.subject(subject);
  }

  async readAuthority(token: RevocableToken): Promise<Authority> {
    const row = this.database.sessions.get(token.sessionId);
    const user =
      this.usersAre === 'elsewhere' ? 'elsewhere' : (this.reader.factsOf(token.subject) ?? 'gone');
    return {
      sessionLive: row?.subject === token.subject && this.reader.usable(row),
      subject: this.database.subject(token.subject),
      user,
      acting: this.reader.actingIn(row),
      revoked: this.database.liveEntries().some(([, entry]) => refusesToken(entry, token)),
    };
  }

  removeExpired(keepMs: number, page: number, cursor = ''): Promise<Removal> {
    return this.within({}, () => removePage(this.database, { keepMs, page, cursor }));
  }

  private get nowMs(): number {
    return this.database.clock.now();
  }

  /** The work alongside runs in the same order as on a real database; it is taken back with the rest. */
  private within<T extends object | undefined>(
    alongside: Alongside,
    change: (inside: MemoryChange) => T,
    order: 'first' | 'last' = 'first',
  ): Promise<T> {
    const { database, reader } = this;
    const run = async (tx: MemoryTransaction): Promise<T> => {
      if (order === 'first') await alongside.work?.(tx);
      const endings = new MemoryEndings(database, tx);
      const done = endings.whole(change({ database, reader, endings, tx }));
      if (order === 'last') await alongside.work?.(tx);
      return done;
    };
    return alongside.tx ? run(asMemoryTransaction(alongside.tx)) : this.database.transaction(run);
  }
}

function orSuperseded(error: unknown): { readonly kind: 'superseded' } {
  if (error instanceof Superseded) return { kind: 'superseded' };
  throw error;
}
