import type { LedgerEntry, RevocableToken } from '../../../storage/ledger-entry.js';
import { IdTable } from './id-table.js';

/** Slots looked at for each entry added and each tick: expiry never holds the event loop up. */
const SWEEP_SLOTS = 2_000;

/** Everything that is revoked and still matters, in memory. It only adds; what has expired is dropped in small steps. */
export class RevokedSet {
  readonly #tokens: IdTable;
  readonly #sessions: IdTable;
  readonly #users: IdTable;
  readonly #sessionVersions: IdTable;
  readonly #keys = new Map<string, number>();
  #issuedBefore = 0;
  #overflowed = false;

  /** `seed` makes the tables' layout unpredictable (32 random bits). */
  constructor(
    private readonly maxEntries: number,
    seed: number,
  ) {
    this.#tokens = new IdTable(seed);
    this.#sessions = new IdTable(seed);
    this.#users = new IdTable(seed);
    this.#sessionVersions = new IdTable(seed);
  }

  get size(): number {
    const ids = [this.#tokens, this.#sessions, this.#users, this.#sessionVersions, this.#keys];
    return ids.reduce((sum, { size }) => sum + size, 0);
  }

  /** An entry found no room: the mirror's silence means nothing until it was filled anew. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** Room enough to try a new fill. */
  get hasRoom(): boolean {
    return this.size < this.maxEntries * 0.9;
  }

  /** Before the mirror is filled anew from a complete source. */
  forgetOverflow(): void {
    this.#overflowed = false;
  }

  refuses(token: RevocableToken): boolean {
    return (
      token.issuedAt < this.#issuedBefore ||
      this.#tokens.get(token.tokenId) >= 0 ||
      this.#sessions.get(token.sessionId) >= 0 ||
      this.#users.get(token.subject) > token.tokenVersion ||
      (this.#sessionVersions.size > 0 && this.#sessionVersions.get(token.sessionId) > token.tokenVersion) ||
      (this.#keys.size > 0 && this.#keys.has(token.keyId))
    );
  }

  /** Returns whether it refuses something that was not refused before. */
  add(entry: LedgerEntry, now: number): boolean {
    if (entry.kind === 'all') {
      const news = entry.issuedBefore > this.#issuedBefore;
      if (news) this.#issuedBefore = entry.issuedBefore;
      return news;
    }
    if (this.size >= this.maxEntries) this.sweep(now);
    if (this.size >= this.maxEntries && !this.#holds(entry)) {
      this.#overflowed = true;
      return false;
    }
    switch (entry.kind) {
      case 'token':
        return this.#tokens.raise(entry.tokenId, 0, entry.expiresAt);
      case 'session':
        return this.#sessions.raise(entry.sessionId, 0, entry.expiresAt);
      case 'user':
        return this.#users.raise(entry.subject, entry.minVersion, entry.expiresAt);
      case 'session_version':
        return this.#sessionVersions.raise(entry.sessionId, entry.minVersion, entry.expiresAt);
      case 'key': {
        const news = !this.#keys.has(entry.keyId);
        this.#keys.set(entry.keyId, Math.max(this.#keys.get(entry.keyId) ?? 0, entry.expiresAt));
        return news;
      }
    }
  }

  sweep(now: number): void {
    this.#tokens.sweep(now, SWEEP_SLOTS);
    this.#sessions.sweep(now, SWEEP_SLOTS);
    this.#users.sweep(now, SWEEP_SLOTS);
    this.#sessionVersions.sweep(now, SWEEP_SLOTS);
    for (const [keyId, expiresAt] of this.#keys) if (expiresAt <= now) this.#keys.delete(keyId);
  }

  #holds(entry: Exclude<LedgerEntry, { kind: 'all' }>): boolean {
    switch (entry.kind) {
      case 'token':
        return this.#tokens.get(entry.tokenId) >= 0;
      case 'session':
        return this.#sessions.get(entry.sessionId) >= 0;
      case 'user':
        return this.#users.get(entry.subject) >= 0;
      case 'session_version':
        return this.#sessionVersions.get(entry.sessionId) >= 0;
      case 'key':
        return this.#keys.has(entry.keyId);
    }
  }
}
