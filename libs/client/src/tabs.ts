import { leased } from './lease.js';

/** What one tab tells the others. An access token is among it only where scripts hold it anyway (`hybrid`); never a refresh token. `at`: when it happened. */
export type Message =
  | {
      readonly type: 'refreshed';
      readonly at: number;
      readonly accessToken?: string;
      readonly expiresAt: number;
    }
  | { readonly type: 'signedIn'; readonly at: number }
  | { readonly type: 'signedOut'; readonly at: number; readonly reason: 'logout' | 'refused' };

/** `own`: one client, one session (a `bearer` client in memory). `store`: several may share a token store. `browser`: all tabs share the cookies. */
export type Scope = 'own' | 'store' | 'browser';

/** How long a finished refresh speaks for those whose request is older. */
const MARK_MS = 5_000;
const MESSAGE_WAIT_MS = 300;
/** What a tab that was closed in the middle of a refresh may have under way: the answer still sets the cookies (`keepalive`). */
const ORPHAN_MS = 2_000;

/**
 * One change of tokens at a time over all tabs of an origin. A Web Lock is the queue; who has refreshed leaves a mark that the next in the queue
 * can see at once: the name of a shared lock, which every tab reads in one order with the queue (a message or storage may come later than the
 * lock). Without Web Locks (plain HTTP, old browsers) a lease in localStorage, best effort.
 */
export class Tabs {
  private readonly channel: BroadcastChannel | undefined;
  private readonly locks: LockManager | undefined;
  private readonly storage: Storage | undefined;
  private last: Message | undefined;
  private heard: (() => void) | undefined;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly name: string,
    scope: Scope,
    onMessage: (message: Message) => void,
  ) {
    if (scope === 'own') return;
    this.locks = globalThis.navigator?.locks;
    this.storage = localStorageOrNone();
    if (scope === 'store' || typeof BroadcastChannel === 'undefined') return;
    this.channel = new BroadcastChannel(name);
    // in Node an open channel would keep the process alive
    (this.channel as { unref?: () => void }).unref?.();
    this.channel.onmessage = ({ data }: MessageEvent<Message>) => {
      this.last = data;
      onMessage(data);
      this.heard?.();
    };
  }

  /** To the other tabs, and to the next in the queue. Within `exclusive`. */
  async announce(message: Message): Promise<void> {
    if (!this.channel) return;
    this.channel.postMessage(message);
    const mark = `${this.name}:done:`;
    const text = `${String(message.at)}:${message.type}`;
    if (!this.locks) return void this.storage?.setItem(mark, text);
    await new Promise<void>((held) => {
      void this.locks?.request(mark + text, { mode: 'shared' }, () => {
        held();
        return sleep(MARK_MS);
      });
    });
  }

  /** Runs `work` while no other tab changes tokens. */
  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    const marked = async (): Promise<T> => {
      const busy = `${this.name}:busy`;
      const orphanMs = Number(this.storage?.getItem(busy) ?? 0) + ORPHAN_MS - Date.now();
      if (orphanMs > 0) await sleep(Math.min(orphanMs, ORPHAN_MS));
      this.storage?.setItem(busy, String(Date.now()));
      try {
        return await work();
      } finally {
        this.storage?.removeItem(busy);
      }
    };
    if (this.locks) return this.locks.request(this.name, marked) as Promise<T>;
    const turn = this.queue.then(() => (this.storage ? leased(this.storage, this.name, marked) : marked()));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Runs `work` unless another tab has finished one after `since`. Then `theirs` gets what that tab told, as far as it came; when it answers
   * false, it is done once more here.
   */
  async once(
    since: number,
    work: () => Promise<Message | undefined>,
    theirs: (outcome: string, told: Message | undefined) => boolean,
  ): Promise<void> {
    await this.exclusive(async () => {
      const outcome = this.channel && (await this.mark(since));
      if (outcome) {
        if (!this.news(since)) await this.message();
        if (theirs(outcome, this.news(since))) return;
      }
      const message = await work();
      if (message) await this.announce(message);
    });
  }

  close(): void {
    this.channel?.close();
  }

  private news(since: number): Message | undefined {
    return this.last && this.last.at > since ? this.last : undefined;
  }

  private async mark(since: number): Promise<string | undefined> {
    const prefix = `${this.name}:done:`;
    const names = this.locks
      ? ((await this.locks.query()).held ?? []).map(({ name = '' }) => name)
      : [prefix + (this.storage?.getItem(prefix) ?? '')];
    const fresh = names
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length).split(':'))
      .filter(([at]) => Number(at) > since)
      .sort(([one], [other]) => Number(other) - Number(one));
    return fresh[0]?.[1];
  }

  private message(): Promise<void> {
    return new Promise((resolve) => {
      this.heard = resolve;
      setTimeout(resolve, MESSAGE_WAIT_MS);
    });
  }
}

export function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}

function localStorageOrNone(): Storage | undefined {
  try {
    return typeof document === 'undefined' ? undefined : globalThis.localStorage;
  } catch {
    // forbidden in some frames
    return undefined;
  }
}
