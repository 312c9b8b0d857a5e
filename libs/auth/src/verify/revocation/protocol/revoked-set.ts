import {
  idOf,
  type LedgerEntry,
  type LedgerKind,
  type RevocableToken,
  spareUpTo,
} from '../../../storage/ledger-entry.js';
import { ExpiringValues } from './expiring-values.js';

/** Ids of each kind that are looked at for an entry that finds no room, and at each tick: expiry never holds the event loop up. */
const SWEEP_IDS = 2_000;

/** Everything that is revoked and still matters, in memory. It only adds; what has expired is dropped in small steps. */
export class RevokedSet {
  readonly #byKind = new Map<LedgerKind, ExpiringValues>();
  #overflowed = false;

  constructor(private readonly maxEntries: number) {}

  get size(): number {
    let size = 0;
    for (const values of this.#byKind.values()) size += values.size;
    return size;
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

  /** On the path of every request: kinds of which there was never an entry cost nothing. */
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
    // one of kind `all` needs no room of its own, and matters most
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
