import { randomUUID } from 'node:crypto';
import { AuthError } from '../common/auth-error.js';
import type { Clock } from '../common/clock.js';
import type { ApiKey } from '../storage/api-key-store.port.js';
import type { EndReason } from '../storage/end-reason.js';
import { counts, type Factor } from '../storage/factor.js';
import type { HostTransaction } from '../storage/sql-transaction.port.js';
import type { Identity } from '../storage/identity-store.port.js';
import type { ProviderSession, RotationCause, Session } from '../storage/session.js';
import type { LedgerEntry } from '../storage/ledger-entry.js';
import type { SubjectState } from '../storage/subject.js';
import type { UserAccount } from '../storage/user-directory.port.js';

export interface SessionRow extends Session {
  readonly ownIdleTtlMs: number | null;
  readonly tokenHash: Buffer;
  readonly rotationNonce: Buffer | null;
  readonly rotationCause: RotationCause | null;
  readonly rotationKey: Buffer | null;
  readonly rotatedAtMs: number | null;
  /** Ids of the challenges that its key has answered of late. */
  readonly usedChallenges: readonly string[];
  readonly provider: ProviderSession | null;
  readonly endedAtMs: number | null;
  readonly endReason: EndReason | null;
}

export interface UserRow extends UserAccount {
  readonly passwordHash?: string;
}

export interface TokenRow {
  readonly kind: string;
  readonly subject?: string;
  readonly epoch?: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly triesLeft: number;
  readonly expiresAtMs: number;
}
export type ApiKeyRow = ApiKey & { readonly hash: Buffer };
export type FactorRow = Factor & { readonly lastStep?: number };

/** What a transaction wrote, to be taken back when it fails. */
export class MemoryTransaction {
  readonly #undo: (() => void)[] = [];
  /** Whether it wrote to the ledger: the commit wakes who listens. */
  appended = false;

  put<K, V>(table: Map<K, V>, key: K, row: V): void {
    const before = table.get(key);
    this.#undo.push(() => (before === undefined ? table.delete(key) : table.set(key, before)));
    table.set(key, row);
  }

  remove<K, V>(table: Map<K, V>, key: K): void {
    const before = table.get(key);
    if (before === undefined) return;
    this.#undo.push(() => table.set(key, before));
    table.delete(key);
  }

  rollBack(): void {
    for (const undo of this.#undo.reverse()) undo();
  }
}

/** The tables of the memory stores. Transactions run one after the other; a failed one leaves nothing behind. */
export class MemoryDatabase {
  /** The ledger's id. */
  readonly id = randomUUID();
  readonly subjects = new Map<string, SubjectState>();
  readonly sessions = new Map<string, SessionRow>();
  readonly users = new Map<string, UserRow>();
  /** By the hash, in the order of issue. */
  readonly oneTimeTokens = new Map<string, TokenRow>();
  readonly factors = new Map<string, FactorRow>();
  readonly apiKeys = new Map<string, ApiKeyRow>();
  /** By issuer and subject. */
  readonly identities = new Map<string, Identity>();
  /** The owner by the hash in hex. */
  readonly recoveryCodes = new Map<string, string>();
  readonly peppers: { line: string; mintsFromMs: number }[] = [];
  /** By number, in the order of writing. */
  readonly ledger = new Map<number, LedgerEntry>();
  readonly listeners = new Set<() => void>();
  #entries = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(readonly clock: Clock) {}

  /** The number that the next entry gets. */
  get nextEntry(): number {
    return this.#entries;
  }

  async transaction<T>(work: (tx: MemoryTransaction) => T | Promise<T>): Promise<T> {
    const attempt = this.#last.then(async () => {
      const tx = new MemoryTransaction();
      try {
        const result = await work(tx);
        if (tx.appended) for (const wake of this.listeners) wake();
        return result;
      } catch (error) {
        tx.rollBack();
        throw error;
      }
    });
    this.#last = attempt.catch(() => undefined);
    return attempt;
  }

  subject(subject: string): SubjectState {
    return this.subjects.get(subject) ?? { tokenVersion: 1, epoch: 1 };
  }

  sessionsOf(subject: string): SessionRow[] {
    return [...this.sessions.values()].filter((row) => row.subject === subject);
  }

  removeTokensOf(tx: MemoryTransaction, subject: string): void {
    for (const [key, row] of this.oneTimeTokens)
      if (row.subject === subject) tx.remove(this.oneTimeTokens, key);
  }

  /** Removes factors, recovery codes and API keys, and returns those that were in use. */
  removeWaysIn(tx: MemoryTransaction, subject: string) {
    const isTheirs = (row: { readonly subject: string }) => row.subject === subject;
    const factors = [...this.factors.values()].filter(isTheirs);
    const keys = [...this.apiKeys.values()].filter(isTheirs);
    for (const { id } of factors) tx.remove(this.factors, id);
    for (const [hash, owner] of this.recoveryCodes)
      if (owner === subject) tx.remove(this.recoveryCodes, hash);
    for (const { id } of keys) tx.remove(this.apiKeys, id);
    const now = this.clock.now();
    const live = keys.filter(
      ({ expiresAt }) => expiresAt === undefined || expiresAt.getTime() > now,
    );
    return { factors: factors.filter(counts).length, keyIds: live.map(({ id }) => id) };
  }

  removeIdentities(tx: MemoryTransaction, subject: string): void {
    for (const [name, row] of this.identities)
      if (row.subject === subject) tx.remove(this.identities, name);
  }

  /** The entries of the ledger that have not expired, with their numbers. */
  liveEntries(): [number, LedgerEntry][] {
    const now = this.clock.now();
    return [...this.ledger].filter(([, { expiresAt }]) => expiresAt > now);
  }

  append(tx: MemoryTransaction, entries: readonly LedgerEntry[]): void {
    for (const entry of entries) {
      tx.put(this.ledger, this.#entries++, entry);
      tx.appended = true;
    }
  }
}

/** Throws `configuration_invalid` for a transaction of something else. */
export function asMemoryTransaction(tx: HostTransaction): MemoryTransaction {
  if (tx instanceof MemoryTransaction) return tx;
  throw AuthError.configuration('tx', 'is not a transaction of memoryStorage().transaction');
}
