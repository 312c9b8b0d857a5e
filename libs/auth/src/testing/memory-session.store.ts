import { isIP } from 'node:net';
import type { EndReason } from '../common/end-reason.js';
import { LEDGER_LIFETIME_MS, type LedgerEntry, type RevocableToken } from '../common/ledger-entry.js';
import type { SubjectState, UserFacts } from '../common/subject.js';
import type { NewSession, Session, SessionSnapshot, SessionState } from '../sessions/session.js';
import {
  type Alongside,
  type Authority,
  type Ended,
  type OpenOutcome,
  type Removal,
  type Replacement,
  type ReplaceOutcome,
  type ReuseOutcome,
  type RotateOutcome,
  type Rotation,
  SessionStore,
} from '../sessions/session.store.js';
import {
  asMemoryTransaction,
  type MemoryDatabase,
  type MemoryTransaction,
  type SessionRow,
} from './memory-database.js';
import { refuses } from './memory-revocation-ledger.store.js';

export interface MemorySessionStoreOptions {
  /** Whether the users are in the same database, or the host brings a directory of its own. */
  readonly users: 'here' | 'elsewhere';
}

type Times = { readonly ttlMs: number; readonly rememberMeTtlMs: number };

/** `SessionStore` in the memory of one process, for tests: what it keeps is gone with it. */
export class MemorySessionStore extends SessionStore {
  constructor(
    private readonly database: MemoryDatabase,
    private readonly options: MemorySessionStoreOptions,
  ) {
    super();
  }

  open(session: NewSession): Promise<OpenOutcome> {
    return this.database.transaction((tx) => {
      const state = this.database.subject(session.subject);
      if (!same(state, session.expected)) return { kind: 'superseded' };
      tx.put(this.database.subjects, session.subject, state);
      const mine = this.rowsOf(session.subject).filter((row) => this.usable(row));
      const crowd = mine.sort(newestFirst).slice(session.maxPerUser - 1);
      const entries = this.end(tx, crowd, 'limit');
      const row = this.newRow(session);
      tx.put(this.database.sessions, row.id, row);
      return { kind: 'opened', session: row, entries };
    });
  }

  rotate(rotation: Rotation): Promise<RotateOutcome> {
    return this.database.transaction((tx) => {
      const row = this.database.sessions.get(rotation.sessionId);
      const current = row?.generation === rotation.generation && row.tokenHash.equals(rotation.presentedHash);
      if (!row || !current || !this.live(row)) return { kind: 'missed' };
      const next: SessionRow = {
        ...this.renewed(row, rotation),
        tokenHash: rotation.nextHash,
        rotationNonce: rotation.nonce,
        rotationCause: 'refresh',
        ip: address(rotation.ip) ?? row.ip,
        userAgent: rotation.userAgent ?? row.userAgent,
      };
      tx.put(this.database.sessions, row.id, next);
      return { kind: 'rotated', ...this.stateOf(next) };
    });
  }

  async read(sessionId: string): Promise<SessionSnapshot | undefined> {
    const row = this.database.sessions.get(sessionId);
    if (!row) return undefined;
    const { tokenHash, rotationNonce, rotationCause, rotatedAtMs } = row;
    const rotatedAgoMs = rotatedAtMs === null ? null : this.nowMs - rotatedAtMs;
    return {
      ...{ ...this.stateOf(row), tokenHash, rotationNonce, rotationCause },
      ...{ rotatedAgoMs, live: this.live(row) },
    };
  }

  replace(replacement: Replacement): Promise<ReplaceOutcome> {
    return this.database.transaction((tx) => {
      const state = this.database.subject(replacement.subject);
      if (!same(state, replacement.expected)) return { kind: 'superseded' };
      const row = this.replaceable(replacement);
      if (!row) return { kind: 'superseded' };
      const next = this.replaced(row, replacement, state.epoch);
      tx.put(this.database.sessions, row.id, next);
      return { kind: 'replaced', ...this.stateOf(next), entries: [] };
    });
  }

  replaceAndEndOthers(replacement: Replacement, alongside: Alongside): Promise<ReplaceOutcome> {
    const { subject, sessionId, expected } = replacement;
    const superseded = new Error('superseded');
    const attempt = this.within<ReplaceOutcome>(alongside, (tx) => {
      const row = this.replaceable(replacement);
      if (!row || !same(this.database.subject(subject), expected)) throw superseded;
      const state = this.bump(tx, subject, 'both');
      const next = this.replaced(row, replacement, state.epoch);
      tx.put(this.database.sessions, row.id, next);
      const others = this.rowsOf(subject).filter(({ id }) => id !== sessionId);
      this.mark(tx, others, 'password_changed');
      const entries = this.refuseEarlier(tx, subject, state);
      return { kind: 'replaced', ...this.stateOf(next), entries };
    });
    return attempt.catch((error: unknown) => {
      if (error === superseded) return { kind: 'superseded' };
      throw error;
    });
  }

  async list(subject: string): Promise<readonly Session[]> {
    const mine = this.rowsOf(subject).filter((row) => this.usable(row));
    return mine.sort((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime());
  }

  endOne(sessionId: string, reason: EndReason, subject?: string): Promise<Ended | undefined> {
    return this.database.transaction((tx) => {
      const row = this.database.sessions.get(sessionId);
      if (!row || row.endedAtMs !== null) return undefined;
      if (subject !== undefined && (row.subject !== subject || !this.unexpired(row))) return undefined;
      return { sessions: 1, entries: this.end(tx, [row], reason) };
    });
  }

  endOthers(subject: string, keep: string, reason: EndReason): Promise<Ended> {
    return this.database.transaction((tx) => {
      const state = this.bump(tx, subject, 'epoch');
      const kept = this.database.sessions.get(keep);
      if (kept?.subject === subject && kept.epoch === state.epoch - 1)
        tx.put(this.database.sessions, keep, { ...kept, epoch: state.epoch });
      const others = this.rowsOf(subject).filter(({ id, endedAtMs }) => id !== keep && endedAtMs === null);
      return { sessions: others.length, entries: this.end(tx, others, reason) };
    });
  }

  endAll(subject: string, reason: EndReason, alongside: Alongside = {}): Promise<Ended> {
    return this.within(alongside, (tx) => this.endAllIn(tx, subject, reason));
  }

  endReused(sessionId: string, scope: 'user' | 'family'): Promise<ReuseOutcome> {
    return this.database.transaction((tx) => {
      const row = this.database.sessions.get(sessionId);
      if (!row || !this.usable(row)) return { kind: 'spared' };
      const entries = this.end(tx, [row], 'reuse');
      if (scope === 'family') return { kind: 'ended', sessions: 1, entries };
      const all = this.endAllIn(tx, row.subject, 'reuse');
      return { kind: 'ended', sessions: 1 + all.sessions, entries: [...entries, ...all.entries] };
    });
  }

  bumpVersion(subject: string, alongside: Alongside = {}): Promise<Ended> {
    return this.within(alongside, (tx) => {
      const state = this.bump(tx, subject, 'version');
      return { sessions: 0, entries: this.refuseEarlier(tx, subject, state) };
    });
  }

  endEverything(): Promise<Ended> {
    return this.database.transaction((tx) => {
      for (const subject of this.database.subjects.keys()) this.bump(tx, subject, 'both');
      const sessions = this.mark(tx, [...this.database.sessions.values()], 'restored');
      const issuedBefore = Math.floor(this.nowMs / 1000) + 1;
      const entries: LedgerEntry[] = [
        { kind: 'all', issuedBefore, expiresAt: this.nowMs + LEDGER_LIFETIME_MS },
      ];
      this.database.append(tx, entries);
      return { sessions, entries };
    });
  }

  async readSubject(subject: string): Promise<SubjectState> {
    return this.database.subject(subject);
  }

  async readAuthority(token: RevocableToken): Promise<Authority> {
    const row = this.database.sessions.get(token.sessionId);
    const user = this.options.users === 'elsewhere' ? 'elsewhere' : (this.factsOf(token.subject) ?? 'gone');
    const entries = [...this.database.ledger.values()];
    return {
      sessionLive: row?.subject === token.subject && this.usable(row),
      subject: this.database.subject(token.subject),
      user,
      revoked: entries.some((entry) => refuses(entry, token)),
    };
  }

  removeExpired(keepMs: number, page: number, cursor = ''): Promise<Removal> {
    return this.database.transaction(() => {
      const seen = [...this.database.sessions.keys()].filter((id) => id > cursor).sort().slice(0, page); // prettier-ignore
      const before = this.nowMs - keepMs;
      const gone = seen.filter((id) => this.overAtMs(this.database.sessions.get(id) as SessionRow) < before);
      for (const id of gone) this.database.sessions.delete(id);
      const spent = [...this.database.ledger].filter(([, entry]) => entry.expiresAt < this.nowMs);
      for (const [number] of spent.slice(0, page)) this.database.ledger.delete(number);
      const removed = gone.length + Math.min(spent.length, page);
      return { removed, cursor: seen.length === page ? seen.at(-1) : undefined };
    });
  }

  private get nowMs(): number {
    return this.database.clock.now();
  }

  /** The host's own work goes first, as on a real database; it is taken back with the rest. */
  private within<T>(alongside: Alongside, change: (tx: MemoryTransaction) => T): Promise<T> {
    const run = async (tx: MemoryTransaction): Promise<T> => {
      await alongside.work?.(tx);
      return change(tx);
    };
    return alongside.tx ? run(asMemoryTransaction(alongside.tx)) : this.database.transaction(run);
  }

  private endAllIn(tx: MemoryTransaction, subject: string, reason: EndReason): Ended {
    const state = this.bump(tx, subject, 'both');
    const sessions = this.mark(tx, this.rowsOf(subject), reason);
    return { sessions, entries: this.refuseEarlier(tx, subject, state) };
  }

  private bump(tx: MemoryTransaction, subject: string, what: 'version' | 'epoch' | 'both'): SubjectState {
    const { tokenVersion, epoch } = this.database.subject(subject);
    const next = {
      tokenVersion: tokenVersion + (what === 'epoch' ? 0 : 1),
      epoch: epoch + (what === 'version' ? 0 : 1),
    };
    tx.put(this.database.subjects, subject, next);
    return next;
  }

  private refuseEarlier(tx: MemoryTransaction, subject: string, state: SubjectState): readonly LedgerEntry[] {
    const expiresAt = this.nowMs + LEDGER_LIFETIME_MS;
    const entries: LedgerEntry[] = [{ kind: 'user', subject, minVersion: state.tokenVersion, expiresAt }];
    this.database.append(tx, entries);
    return entries;
  }

  private end(tx: MemoryTransaction, rows: readonly SessionRow[], reason: EndReason): readonly LedgerEntry[] {
    this.mark(tx, rows, reason);
    const expiresAt = this.nowMs + LEDGER_LIFETIME_MS;
    const entries = rows.map(({ id }): LedgerEntry => ({ kind: 'session', sessionId: id, expiresAt }));
    this.database.append(tx, entries);
    return entries;
  }

  /** How many had not ended before. */
  private mark(tx: MemoryTransaction, rows: readonly SessionRow[], reason: EndReason): number {
    const open = rows.filter(({ endedAtMs }) => endedAtMs === null);
    for (const row of open)
      tx.put(this.database.sessions, row.id, { ...row, endedAtMs: this.nowMs, endReason: reason });
    return open.length;
  }

  private rowsOf(subject: string): SessionRow[] {
    return [...this.database.sessions.values()].filter((row) => row.subject === subject);
  }

  private replaceable({ sessionId, subject, presented }: Replacement): SessionRow | undefined {
    const row = this.database.sessions.get(sessionId);
    if (row?.subject !== subject || !this.live(row)) return undefined;
    const current =
      !presented || (row.generation === presented.generation && row.tokenHash.equals(presented.hash));
    return current ? row : undefined;
  }

  private replaced(row: SessionRow, replacement: Replacement, epoch: number): SessionRow {
    return {
      ...this.renewed(row, replacement),
      ...{ tokenHash: replacement.nextHash, rotationNonce: null, rotationCause: replacement.cause, epoch },
      authTime: new Date(this.nowMs),
    };
  }

  private renewed(row: SessionRow, { ttlMs, rememberMeTtlMs }: Times): SessionRow {
    const idleMs = this.nowMs + (row.persistent ? rememberMeTtlMs : ttlMs);
    return {
      ...row,
      generation: row.generation + 1,
      rotatedAtMs: this.nowMs,
      lastUsedAt: new Date(this.nowMs),
      idleExpiresAt: new Date(Math.min(idleMs, row.absoluteExpiresAt.getTime())),
    };
  }

  private newRow(session: NewSession): SessionRow {
    const { id, subject, tokenHash, transport, persistent, authTime, amr } = session;
    const now = new Date(this.nowMs);
    return {
      ...{ id, subject, tokenHash, transport, persistent, authTime, amr: [...amr] },
      ...{ epoch: session.expected.epoch, generation: 1, createdAt: now, lastUsedAt: now },
      idleExpiresAt: new Date(this.nowMs + Math.min(session.idleTtlMs, session.absoluteTtlMs)),
      absoluteExpiresAt: new Date(this.nowMs + session.absoluteTtlMs),
      ...{ ip: address(session.ip) ?? null, userAgent: session.userAgent ?? null },
      ...{ rotationNonce: null, rotationCause: null, rotatedAtMs: null, endedAtMs: null, endReason: null },
    };
  }

  private stateOf(row: SessionRow): SessionState {
    const user = this.options.users === 'here' ? this.factsOf(row.subject) : undefined;
    const subject = this.database.subject(row.subject);
    return { session: row, subject, user: user ?? this.nobody() };
  }

  private nobody(): UserFacts | undefined {
    return this.options.users === 'here' ? { permissions: [], disabled: false } : undefined;
  }

  private factsOf(subject: string): UserFacts | undefined {
    const user = this.database.users.get(subject);
    return user && { role: user.role, permissions: user.permissions, disabled: user.disabled };
  }

  private unexpired(row: SessionRow): boolean {
    return this.overAtMs(row) > this.nowMs && row.endedAtMs === null;
  }

  private overAtMs({ endedAtMs, idleExpiresAt, absoluteExpiresAt }: SessionRow): number {
    return Math.min(endedAtMs ?? Infinity, idleExpiresAt.getTime(), absoluteExpiresAt.getTime());
  }

  /** Of the subject's present epoch. */
  private usable(row: SessionRow): boolean {
    return this.unexpired(row) && row.epoch === this.database.subject(row.subject).epoch;
  }

  private live(row: SessionRow): boolean {
    if (this.options.users === 'elsewhere') return this.usable(row);
    return this.usable(row) && this.factsOf(row.subject)?.disabled === false;
  }
}

const same = (a: SubjectState, b: SubjectState): boolean =>
  a.tokenVersion === b.tokenVersion && a.epoch === b.epoch;

const newestFirst = (a: SessionRow, b: SessionRow): number =>
  b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1);

/** Without its scope; nothing for what a proxy header makes up. */
function address(ip: string | undefined): string | undefined {
  const bare = ip?.split('%', 1)[0] ?? '';
  return isIP(bare) ? bare : undefined;
}
