import { type LedgerEntry, refusesToken } from '../../storage/ledger-entry.js';
import { revocable } from '../revocable.js';
import type { Principal } from '../../common/principal.js';

export interface Held {
  principal: Principal;
}

/** Finds the connections that a ledger entry concerns, without checking all others. */
export class ConnectionIndex<T extends Held> {
  readonly all = new Set<T>();
  private readonly tokens = new Map<string, Set<T>>();
  private readonly sessions = new Map<string, Set<T>>();
  private readonly subjects = new Map<string, Set<T>>();

  add(held: T): void {
    this.all.add(held);
    const { tokenId, sessionId, subject } = revocable(held.principal);
    put(this.tokens, tokenId, held);
    put(this.sessions, sessionId, held);
    put(this.subjects, subject, held);
  }

  /** Before the principal of `held` changes. */
  remove(held: T): void {
    this.all.delete(held);
    const { tokenId, sessionId, subject } = revocable(held.principal);
    take(this.tokens, tokenId, held);
    take(this.sessions, sessionId, held);
    take(this.subjects, subject, held);
  }

  /** A copy, because closing the connections changes the index. */
  concernedBy(entry: LedgerEntry): readonly T[] {
    return [...this.named(entry)].filter(({ principal }) =>
      refusesToken(entry, revocable(principal)),
    );
  }

  private named({ kind, id }: LedgerEntry): Iterable<T> {
    if (kind === 'token') return this.tokens.get(id) ?? [];
    if (kind === 'session' || kind === 'session_version') return this.sessions.get(id) ?? [];
    // the others are rare, and concern most connections anyway
    return kind === 'user' ? (this.subjects.get(id) ?? []) : this.all;
  }

  /** One connection of every token. */
  onePerToken(): readonly T[] {
    return [...this.tokens.values()].flatMap(([first]) => (first ? [first] : []));
  }

  ofToken(tokenId: string): readonly T[] {
    return [...(this.tokens.get(tokenId) ?? [])];
  }
}

function put<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
}

function take<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const set = map.get(key);
  if (set?.delete(value) && set.size === 0) map.delete(key);
}
