import type { ActedBy } from '../storage/acted-by.js';
import { type EndReason, endsTokens } from '../storage/end-reason.js';
import { LEDGER_LIFETIME_MS, type LedgerEntry } from '../storage/ledger-entry.js';
import type { SubjectState } from '../storage/subject.js';
import type { Ended } from '../storage/session-store.port.js';
import type { MemoryDatabase, MemoryTransaction, SessionRow } from './memory-database.js';

/** What every ending is made of, in one transaction. */
export class MemoryEndings {
  constructor(
    private readonly database: MemoryDatabase,
    private readonly tx: MemoryTransaction,
  ) {}

  bump(subject: string, what: 'version' | 'epoch' | 'both'): SubjectState {
    const { tokenVersion, epoch } = this.database.subject(subject);
    const next = {
      tokenVersion: tokenVersion + (what === 'epoch' ? 0 : 1),
      epoch: epoch + (what === 'version' ? 0 : 1),
    };
    this.tx.put(this.database.subjects, subject, next);
    return next;
  }

  /** Bumps both counters and ends every session. */
  endAll(subject: string, reason: EndReason): Omit<Ended, 'events'> {
    const state = this.bump(subject, 'both');
    const sessions = this.mark(this.database.sessionsOf(subject), reason);
    if (endsTokens(reason)) this.database.removeTokensOf(this.tx, subject);
    if (reason === 'user_deleted') this.database.removeBelongings(this.tx, subject);
    return { sessions, entries: this.refuseEarlier(subject, state) };
  }

  refuseEarlier(subject: string, { tokenVersion }: SubjectState): readonly LedgerEntry[] {
    return this.append([{ kind: 'user', id: subject, value: tokenVersion, expiresAt: this.expiresAt }]);
  }

  end(rows: readonly SessionRow[], reason: EndReason): readonly LedgerEntry[] {
    this.mark(rows, reason);
    return this.append(rows.map(({ id }) => ({ kind: 'session', id, value: 0, expiresAt: this.expiresAt })));
  }

  endEverything({ actorId }: ActedBy, toleranceMs: number): Ended {
    for (const subject of this.database.subjects.keys()) this.bump(subject, 'both');
    const sessions = this.mark([...this.database.sessions.values()], 'restored');
    for (const key of this.database.oneTimeTokens.keys()) this.tx.remove(this.database.oneTimeTokens, key);
    for (const id of this.database.apiKeys.keys()) this.tx.remove(this.database.apiKeys, id);
    const issuedBefore = Math.floor((this.database.clock.now() + toleranceMs) / 1000) + 1;
    return {
      sessions,
      entries: this.append([{ kind: 'all', id: '', value: issuedBefore, expiresAt: this.expiresAt }]),
      events: [{ type: 'everything.revoked', actorId, sessionsEnded: sessions }],
    };
  }

  /** How many had not ended before. */
  mark(rows: readonly SessionRow[], endReason: EndReason): number {
    const open = rows.filter(({ endedAtMs }) => endedAtMs === null);
    const endedAtMs = this.database.clock.now();
    for (const row of open) this.tx.put(this.database.sessions, row.id, { ...row, endedAtMs, endReason });
    return open.length;
  }

  /** The other sessions go on without their access tokens and without a proof of a credential. */
  unprove(subject: string, keep: string, { tokenVersion, epoch }: SubjectState): readonly LedgerEntry[] {
    const others = this.database
      .sessionsOf(subject)
      .filter((row) => row.id !== keep && row.epoch === epoch && row.endedAtMs === null);
    for (const row of others) this.tx.put(this.database.sessions, row.id, { ...row, authTime: new Date(0) });
    const { expiresAt } = this;
    return this.append(
      others.map(({ id }) => ({
        ...{ kind: 'session_version', id: id, value: tokenVersion },
        expiresAt,
      })),
    );
  }

  private append(entries: readonly LedgerEntry[]): readonly LedgerEntry[] {
    this.database.append(this.tx, entries);
    return entries;
  }

  private get expiresAt(): number {
    return this.database.clock.now() + LEDGER_LIFETIME_MS;
  }
}
