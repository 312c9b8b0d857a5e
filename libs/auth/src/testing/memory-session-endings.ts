import type { ActedBy, StoreChange } from '../storage/store-change.js';
import { type EndReason, endsTokens, endsWaysIn } from '../storage/end-reason.js';
import { FOREIGN_LEDGER_LIFETIME_MS } from '../storage/foreign-names.js';
import { LEDGER_LIFETIME_MS, type LedgerEntry } from '../storage/ledger-entry.js';
import { sessionEnded, waysInRemoved } from '../storage/store-events.js';
import type { SubjectState } from '../storage/subject.js';
import type { Ended } from '../storage/session-store.port.js';
import type { AuthEventInput } from '../storage/auth-event.js';
import type { MemoryDatabase, MemoryTransaction, SessionRow } from './memory-database.js';

/** What every ending is made of, in one transaction. */
export class MemoryEndings {
  readonly #acting: { readonly entries: LedgerEntry[]; readonly events: AuthEventInput[] } = {
    entries: [],
    events: [],
  };

  constructor(
    private readonly database: MemoryDatabase,
    private readonly tx: MemoryTransaction,
  ) {}

  /**
   * Raises the counters, and ends the sessions in which the subject acts as others. If only the version rises, it also
   * ends those in which others act as the subject; a new epoch ends them anyway.
   */
  bump(subject: string, what: 'version' | 'epoch' | 'both'): SubjectState {
    this.endActing(
      (row) => row.actor?.id === subject || (what === 'version' && row.subject === subject),
    );
    const { tokenVersion, epoch } = this.database.subject(subject);
    const next = {
      tokenVersion: tokenVersion + (what === 'epoch' ? 0 : 1),
      epoch: epoch + (what === 'version' ? 0 : 1),
    };
    this.tx.put(this.database.subjects, subject, next);
    return next;
  }

  /** Bumps both counters and ends every session. */
  endAll(subject: string, reason: EndReason, by: ActedBy = {}): Ended {
    const state = this.bump(subject, 'both');
    const sessions = this.mark(this.database.sessionsOf(subject), reason).length;
    if (endsTokens(reason)) this.database.removeTokensOf(this.tx, subject);
    const removed = endsWaysIn(reason) ? this.database.removeWaysIn(this.tx, subject) : undefined;
    if (reason === 'user_deleted') this.database.removeIdentities(this.tx, subject);
    const events =
      removed && reason === 'account_claimed' ? waysInRemoved(subject, removed, by) : [];
    return { sessions, entries: this.refuseEarlier(subject, state), events };
  }

  /** What was changed, with the sessions that ended because their actor's version was bumped. */
  whole<T extends Partial<StoreChange> | undefined>(outcome: T): T {
    const { entries, events } = this.#acting;
    if (!outcome || events.length === 0) return outcome;
    const [before = [], told = []] = [outcome.entries, outcome.events];
    return { ...outcome, entries: [...before, ...entries], events: [...told, ...events] };
  }

  refuseEarlier(subject: string, { tokenVersion }: SubjectState): readonly LedgerEntry[] {
    return this.append([
      { kind: 'user', id: subject, value: tokenVersion, expiresAt: this.expiresAt },
    ]);
  }

  end(rows: readonly SessionRow[], reason: EndReason): readonly LedgerEntry[] {
    return this.append(
      this.mark(rows, reason).map(({ id }) => ({
        kind: 'session',
        id,
        value: 0,
        expiresAt: this.expiresAt,
      })),
    );
  }

  endEverything({ actorId }: ActedBy, toleranceMs: number): Ended {
    const sessions = this.mark([...this.database.sessions.values()], 'restored').length;
    for (const subject of this.database.subjects.keys()) this.bump(subject, 'both');
    for (const key of this.database.oneTimeTokens.keys())
      this.tx.remove(this.database.oneTimeTokens, key);
    for (const id of this.database.apiKeys.keys()) this.tx.remove(this.database.apiKeys, id);
    const issuedBefore = Math.floor((this.database.clock.now() + toleranceMs) / 1000) + 1;
    return {
      sessions,
      entries: this.append([
        {
          kind: 'all',
          id: '',
          value: issuedBefore,
          expiresAt: this.now + FOREIGN_LEDGER_LIFETIME_MS,
        },
      ]),
      events: [{ type: 'everything.revoked', actorId, sessionsEnded: sessions }],
    };
  }

  /** Marks these as ended, and returns those that were not before. */
  mark(rows: readonly SessionRow[], endReason: EndReason): readonly SessionRow[] {
    const open = rows.filter(({ endedAtMs }) => endedAtMs === null);
    const endedAtMs = this.database.clock.now();
    for (const row of open)
      this.tx.put(this.database.sessions, row.id, { ...row, endedAtMs, endReason });
    return open;
  }

  /** Bumps the version; the other sessions go on without their access tokens and without a proof of a credential. */
  unproveOthers(subject: string, keep: string): readonly LedgerEntry[] {
    const { tokenVersion, epoch } = this.bump(subject, 'version');
    const others = this.database
      .sessionsOf(subject)
      .filter((row) => row.id !== keep && row.epoch === epoch && row.endedAtMs === null);
    for (const row of others)
      this.tx.put(this.database.sessions, row.id, { ...row, authTime: new Date(0) });
    const { expiresAt } = this;
    return this.append(
      others.map(({ id }) => ({
        kind: 'session_version',
        id,
        value: tokenVersion,
        expiresAt,
      })),
    );
  }

  endActing(isMeant: (row: SessionRow) => boolean): void {
    const all = [...this.database.sessions.values()];
    const rows = all.filter((row) => row.actor && isMeant(row) && row.endedAtMs === null);
    this.#acting.entries.push(...this.end(rows, 'actor_ended'));
    this.#acting.events.push(...endingsOf(rows, 'actor_ended'));
  }

  private append(entries: readonly LedgerEntry[]): readonly LedgerEntry[] {
    this.database.append(this.tx, entries);
    return entries;
  }

  private get expiresAt(): number {
    return this.now + LEDGER_LIFETIME_MS;
  }

  private get now(): number {
    return this.database.clock.now();
  }
}

/** One event a session, with who acted in it. */
export function endingsOf(
  ended: readonly SessionRow[],
  reason: EndReason,
): readonly AuthEventInput[] {
  return ended.map(({ id, subject: userId, actor }) =>
    sessionEnded(id, { userId, actorId: actor?.id, reason }),
  );
}
