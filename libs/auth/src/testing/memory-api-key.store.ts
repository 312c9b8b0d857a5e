import type { ActedBy, StoreChange } from '../storage/store-change.js';
import {
  type ApiKey,
  ApiKeyStore,
  type FoundApiKey,
  type NewApiKey,
} from '../storage/api-key-store.port.js';
import { LEDGER_LIFETIME_MS, type LedgerEntry } from '../storage/ledger-entry.js';
import { apiKeyCreated, apiKeyDeleted } from '../storage/store-events.js';
import type { ApiKeyRow, MemoryDatabase } from './memory-database.js';
import { mayAsk } from './memory-session-rows.js';

const HOUR_MS = 3_600_000;

/** `ApiKeyStore` in the memory of one process, for tests. */
export class MemoryApiKeyStore extends ApiKeyStore {
  constructor(private readonly database: MemoryDatabase) {
    super();
  }

  create(
    { ttlMs, atMost, sessionId, ...given }: NewApiKey,
    { actorId }: ActedBy,
  ): Promise<{ readonly key: ApiKey; readonly change: StoreChange } | 'too_many' | 'superseded'> {
    return this.database.transaction((tx) => {
      const { subject, id } = given;
      const asking = { sessionId, subject, epoch: this.database.subject(subject).epoch };
      if (!mayAsk(this.database.sessions.get(sessionId ?? ''), asking, this.now))
        return 'superseded';
      if (this.live().filter((row) => row.subject === subject).length >= atMost) return 'too_many';
      const createdAt = new Date(this.now);
      const expiresAt = ttlMs === undefined ? undefined : new Date(this.now + ttlMs);
      const row: ApiKeyRow = { ...given, createdAt, expiresAt };
      tx.put(this.database.apiKeys, id, row);
      return {
        key: toApiKey(row),
        change: { entries: [], events: [apiKeyCreated(subject, id, actorId)] },
      };
    });
  }

  use(id: string, hash: Buffer): Promise<FoundApiKey | undefined> {
    return this.database.transaction((tx) => {
      const row = this.live().find((each) => each.id === id && each.hash.equals(hash));
      if (!row) return undefined;
      const used = { ...row, lastUsedAt: new Date(Math.floor(this.now / HOUR_MS) * HOUR_MS) };
      tx.put(this.database.apiKeys, id, used);
      return this.found(used);
    });
  }

  async read(id: string): Promise<FoundApiKey | undefined> {
    const row = this.live().find((each) => each.id === id);
    return row && this.found(row);
  }

  async list(subject: string): Promise<readonly ApiKey[]> {
    return this.live()
      .filter((row) => row.subject === subject)
      .map(toApiKey);
  }

  remove(subject: string, id: string, { actorId }: ActedBy): Promise<StoreChange | undefined> {
    return this.database.transaction((tx) => {
      const row = this.live().find((each) => each.id === id && each.subject === subject);
      if (!row) return undefined;
      tx.remove(this.database.apiKeys, id);
      const entry: LedgerEntry = {
        kind: 'session',
        id,
        value: 0,
        expiresAt: this.now + LEDGER_LIFETIME_MS,
      };
      const entries = row.lastUsedAt ? [entry] : [];
      this.database.append(tx, entries);
      return { entries, events: [apiKeyDeleted(subject, id, actorId)] };
    });
  }

  removeExpired(page: number): Promise<number> {
    return this.database.transaction((tx) => {
      const live = new Set(this.live());
      const expired = [...this.database.apiKeys.values()]
        .filter((row) => !live.has(row))
        .slice(0, page);
      for (const { id } of expired) tx.remove(this.database.apiKeys, id);
      return expired.length;
    });
  }

  private get now(): number {
    return this.database.clock.now();
  }

  /** In the order in which they were made. */
  private live(): ApiKeyRow[] {
    return [...this.database.apiKeys.values()].filter(
      ({ expiresAt }) => expiresAt === undefined || expiresAt.getTime() > this.now,
    );
  }

  private found(row: ApiKeyRow): FoundApiKey {
    return { key: toApiKey(row), state: this.database.subject(row.subject) };
  }
}

function toApiKey({ hash: _hash, ...key }: ApiKeyRow): ApiKey {
  return key;
}
