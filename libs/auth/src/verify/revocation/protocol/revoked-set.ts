import {
  idOf,
  type LedgerEntry,
  type LedgerKind,
  type RevocableToken,
  spareUpTo,
} from '../../../storage/ledger-entry.js';
import { ExpiringValues } from './expiring-values.js';

/**
 * How many ids of each kind are checked for an entry that finds no room, and at each tick. This
 * limit keeps the event loop free.
 */
const SWEEP_IDS = 2_000;

/**
 * All revocations that are still needed, in memory. Entries are only added; expired ones are
 * dropped in small steps.
 */
export class RevokedSet {
  readonly #byKind = new Map<LedgerKind, ExpiringValues>();
  #overflowed = false;

  constructor(private readonly maxEntries: number) {}

  get size(): number {
    let size = 0;
    for (const values of this.#byKind.values()) size += values.size;
    return size;
  }

  /** An entry found no room: until the mirror is filled again, a token that is not in it may be revoked. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** Whether there is enough room to try a new fill. */
  get hasRoom(): boolean {
    return this.size < this.maxEntries * 0.9;
  }

  /** Call this before the mirror is filled again from a complete source. */
  forgetOverflow(): void {
    this.#overflowed = false;
  }

  /** Runs for every request: a kind without entries costs nothing. */
  refuses(token: RevocableToken): boolean {
    for (const [kind, values] of this.#byKind) {
      const value = values.get(idOf(kind, token));
      if (value !== undefined && value > spareUpTo(kind, token)) return true;
    }
    return false;
  }

  /** Returns whether it refuses something that was not refused before. */
  add({ kind, id, value, expiresAt }: LedgerEntry, now: number): boolean {
    const values = this.#byKind.get(kind) ?? new ExpiringValues();
    if (!this.#overflowed && this.size >= this.maxEntries) this.sweep(now);
    // an entry of kind `all` needs no room, and is the most important one
    if (this.size >= this.maxEntries && kind !== 'all' && !values.has(id)) {
      this.#overflowed = true;
      return false;
    }
    this.#byKind.set(kind, values);
    return values.raise(id, value, expiresAt);
  }

  sweep(now: number): void {
    for (const values of this.#byKind.values()) values.sweep(now, SWEEP_IDS);
  }
}
