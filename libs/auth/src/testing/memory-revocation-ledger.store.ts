import { AuthError } from '../common/auth-error.js';
import type { ActedBy, StoreChange } from '../storage/store-change.js';
import { type LedgerEntry, refusesToken, type RevocableToken } from '../storage/ledger-entry.js';
import {
  type LedgerPosition,
  type LedgerRead,
  RevocationLedgerStore,
} from '../storage/revocation-ledger.port.js';
import { entriesAppended } from '../storage/store-events.js';
import type { MemoryDatabase } from './memory-database.js';

/** The ledger in the memory of one process, for tests. */
export class MemoryRevocationLedgerStore extends RevocationLedgerStore {
  constructor(private readonly database: MemoryDatabase) {
    super();
  }

  identity(): Promise<string> {
    return Promise.resolve(this.database.id);
  }

  append(entries: readonly LedgerEntry[], by: ActedBy = {}): Promise<StoreChange> {
    return this.database.transaction((tx) => {
      this.database.append(tx, entries);
      return { entries, events: entriesAppended(entries, by) };
    });
  }

  async readSince(since: LedgerPosition | undefined): Promise<LedgerRead> {
    const from = since ? Number(since.snapshot.split(':')[1]) : 0;
    if (!Number.isSafeInteger(from))
      throw AuthError.unavailable('revocation ledger: not a snapshot');
    const next = this.database.nextEntry;
    const { id } = this.database;
    return {
      position: { ledger: id, timeline: 1, snapshot: `${String(next)}:${String(next)}:` },
      entries:
        since && since.ledger !== id
          ? []
          : this.database
              .liveEntries()
              .flatMap(([number, entry]) => (number >= from ? [entry] : [])),
    };
  }

  async isRevoked(token: RevocableToken): Promise<boolean> {
    return this.database.liveEntries().some(([, entry]) => refusesToken(entry, token));
  }

  async onAppended(wake: () => void): Promise<() => Promise<void>> {
    this.database.listeners.add(wake);
    return async () => void this.database.listeners.delete(wake);
  }
}
