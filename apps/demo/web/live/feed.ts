import type { FeedEvent } from '../api/models.js';
import { client } from '../api/client.js';

const TOKEN_REFUSED = 4401;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
const KEPT = 60;

export interface FeedState {
  readonly status: 'connecting' | 'live' | 'away';
  /** Newest first. */
  readonly events: readonly FeedEvent[];
  /** The newest event that arrived while the page is open; events of the history are not announced. */
  readonly news: FeedEvent | undefined;
  /** ISO 8601: when the socket's access token expires. */
  readonly expiresAt: string | undefined;
}

type Message =
  | { readonly type: 'ready'; readonly expiresAt: string }
  | { readonly type: 'history'; readonly events: readonly FeedEvent[] }
  | { readonly type: 'event'; readonly event: FeedEvent };

const EMPTY: FeedState = {
  status: 'connecting',
  events: [],
  news: undefined,
  expiresAt: undefined,
};

/** The user's events over `WS /events`, while signed in. The handshake's cookie is the credential. */
export class Feed {
  private state = EMPTY;
  private readonly listeners = new Set<() => void>();
  private socket: WebSocket | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private retryMs = FIRST_RETRY_MS;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly get = (): FeedState => this.state;

  /** Returns a function that stops it. */
  readonly follow = (): (() => void) => {
    this.set(EMPTY);
    this.connect();
    return () => {
      clearTimeout(this.retry);
      const { socket } = this;
      this.socket = undefined;
      socket?.close();
    };
  };

  private connect(): void {
    const address = new URL('/events', location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      if (this.socket === socket) this.take(JSON.parse(data) as Message);
    };
    socket.onclose = ({ code }) => {
      if (this.socket !== socket) return;
      this.set({ ...this.state, status: 'away' });
      if (code === TOKEN_REFUSED) void this.askAgain();
      else this.later();
    };
  }

  /**
   * If the token expired or was replaced after a change of password or role, a refresh gets new tokens. If the session
   * ended, this signs out.
   */
  private async askAgain(): Promise<void> {
    const { socket } = this;
    const session = await client.session().catch(() => 'unknown' as const);
    if (this.socket !== socket) return;
    if (session === 'unknown') this.later();
    else if (session) this.connect();
  }

  private later(): void {
    this.retry = setTimeout(() => {
      this.connect();
    }, this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, LAST_RETRY_MS);
  }

  private take(message: Message): void {
    switch (message.type) {
      case 'ready':
        this.retryMs = FIRST_RETRY_MS;
        return this.set({ ...this.state, status: 'live', expiresAt: message.expiresAt });
      case 'history':
        return this.set({ ...this.state, events: merged(message.events, this.state.events) });
      case 'event':
        return this.set({
          ...this.state,
          events: merged([message.event], this.state.events),
          news: message.event,
        });
    }
  }

  private set(state: FeedState): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

/** Two connections may report the same event. */
function merged(more: readonly FeedEvent[], known: readonly FeedEvent[]): FeedEvent[] {
  const all = new Map([...known, ...more].map((event) => [keyOf(event), event]));
  return [...all.values()].sort((a, b) => b.at.localeCompare(a.at) || b.id - a.id).slice(0, KEPT);
}

/** The number alone is unique only in one process. */
export function keyOf({ id, at, type }: FeedEvent): string {
  return `${at} ${type} ${String(id)}`;
}
