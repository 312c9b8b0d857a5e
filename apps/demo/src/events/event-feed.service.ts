import type { AuthEvent } from '@tokenward/nestjs/observe';

/** What a user may see of an event about themselves. Events never contain tokens. */
export type FeedEvent = AuthEvent & { readonly id: number };
export type FeedListener = (event: FeedEvent) => void;

const KEPT_PER_USER = 30;
const KEPT_USERS = 1_000;

/** The caller's own events, as this process sees them: live, and the last few for a client that connects later. */
export class EventFeed {
  private readonly recent = new Map<string, FeedEvent[]>();
  private readonly listeners = new Map<string, Set<FeedListener>>();
  private count = 0;

  take(event: AuthEvent): void {
    const userId = 'userId' in event ? event.userId : undefined;
    if (userId === undefined) return;
    const numbered = { ...event, id: ++this.count };
    this.keep(userId, numbered);
    for (const listener of this.listeners.get(userId) ?? []) listener(numbered);
  }

  /** Oldest first. */
  historyOf(userId: string): readonly FeedEvent[] {
    return this.recent.get(userId) ?? [];
  }

  /** Returns a function that stops it. */
  follow(userId: string, listener: FeedListener): () => void {
    const set = this.listeners.get(userId) ?? new Set();
    this.listeners.set(userId, set.add(listener));
    return () => {
      if (set.delete(listener) && set.size === 0) this.listeners.delete(userId);
    };
  }

  /** Keeps the histories that were written to last. */
  private keep(userId: string, event: FeedEvent): void {
    const kept = this.recent.get(userId) ?? [];
    this.recent.delete(userId);
    this.recent.set(userId, [...kept, event].slice(-KEPT_PER_USER));
    const [oldest] = this.recent.keys();
    if (this.recent.size > KEPT_USERS && oldest !== undefined) this.recent.delete(oldest);
  }
}
