import type { LedgerEntry, RevocableToken } from '../../../../storage/ledger-entry.js';
import {
  RevocationFeedBus,
  type AppendOutcome,
  type FeedAnswer,
  type FeedHead,
  type FeedItem,
  type FeedReply,
  type Heartbeat,
} from '../../../../storage/revocation-feed.port.js';
import type { Machine, SimulatedWorld } from './simulated-world.js';

const DEADLINE_MS = 250;

interface RedisState {
  readonly stream: { readonly id: number; readonly item: FeedItem }[];
  readonly index: Set<string>;
  head: Heartbeat | undefined;
}

type Feeds = ReadonlyMap<string, RedisState>;

/**
 * Simulates what matters of Redis: for each ledger one stream and one index with the head, and
 * every way of losing them.
 */
export class RedisServer {
  downUntil = 0;
  connection = 0;
  lineage = 0;
  #feeds: Map<string, RedisState> = new Map();
  /**
   * How far the clock of the promoted server is behind: its ids may be smaller than those that
   * readers have seen.
   */
  #behindMs = 0;
  readonly #past: { at: number; feeds: Feeds }[] = [];
  #waiting: (() => void)[] = [];

  constructor(
    private readonly world: SimulatedWorld,
    readonly checksHead: boolean,
    private readonly sharesKeys: boolean,
  ) {}

  feed(ledger: string): RedisState {
    const key = this.sharesKeys ? '' : ledger;
    const feed = this.#feeds.get(key) ?? { stream: [], index: new Set(), head: undefined };
    this.#feeds.set(key, feed);
    return feed;
  }

  change(work: () => void): void {
    this.#past.push({ at: this.world.now, feeds: copyOf(this.#feeds) });
    if (this.#past.length > 160) this.#past.shift();
    work();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  add(state: RedisState, entries: readonly LedgerEntry[]): void {
    for (const entry of entries) {
      state.index.add(entry.id);
      this.push(state, { kind: 'row', entry });
    }
  }

  push(state: RedisState, item: FeedItem): void {
    const id = Math.max(
      (state.stream.at(-1)?.id ?? 0) + 1,
      Math.floor((this.world.now - this.#behindMs) * 1000),
    );
    state.stream.push({ id, item });
  }

  flush(): void {
    this.change(() => undefined);
    this.#feeds = new Map();
  }

  /**
   * A replica that lagged is promoted, or the server restarts from an old dump: an earlier state
   * and new connections.
   */
  rollBack(lagMs: number): void {
    this.#behindMs = lagMs % 7 < 3 ? lagMs / 2 : 0;
    this.#feeds = copyOf(
      this.#past.findLast(({ at }) => at <= this.world.now - lagMs)?.feeds ?? new Map(),
    );
    this.connection++;
    this.lineage++;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Trims by age. A reader that was paused for longer misses the removed messages. */
  trim(ageMs: number): void {
    const from = (this.world.now - this.#behindMs - ageMs) * 1000;
    this.change(() => {
      for (const { stream } of this.#feeds.values())
        stream.splice(0, stream.filter(({ id }) => id < from).length);
    });
  }

  whenChanged(wake: () => void): void {
    this.#waiting.push(wake);
  }
}

function copyOf(feeds: Feeds): Map<string, RedisState> {
  return new Map(
    [...feeds].map(([key, { stream, index, head }]) => [
      key,
      { stream: [...stream], index: new Set(index), head },
    ]),
  );
}

export class SimulatedRedis extends RevocationFeedBus {
  /** Small, so that fills are split into parts. */
  readonly maxRows = 2;

  constructor(
    private readonly world: SimulatedWorld,
    private readonly machine: Machine,
    private readonly server: RedisServer,
  ) {
    super();
  }

  publish(ledger: string, entries: readonly LedgerEntry[]): Promise<void> {
    // Lost sometimes, as if the process died before the call.
    if (this.world.random() < 0.3) return Promise.reject(new Error('lost'));
    return this.#call('ask', () => {
      this.server.change(() => {
        this.server.add(this.server.feed(ledger), entries);
      });
    });
  }

  append(ledger: string, entries: readonly LedgerEntry[], beat: Heartbeat): Promise<AppendOutcome> {
    return this.#call('ask', (): AppendOutcome => {
      const state = this.server.feed(ledger);
      if (this.server.checksHead && (state.head?.id ?? '') !== beat.prev)
        return { kind: 'moved', head: state.head };
      this.server.change(() => {
        this.server.add(state, entries);
        this.server.push(state, { kind: 'beat', beat });
        state.head = beat;
      });
      return { kind: 'appended' };
    });
  }

  head(ledger: string): Promise<FeedHead> {
    return this.#call('ask', () => this.#head(ledger));
  }

  snapshot(ledger: string, add: (entry: LedgerEntry) => void): Promise<FeedHead> {
    return this.#call('ask', () => ({
      noted: this.#head(ledger),
      ids: [...this.server.feed(ledger).index],
    })).then(({ noted, ids }) => {
      for (const tokenId of ids)
        add({ kind: 'token', id: tokenId, value: 0, expiresAt: 1_700_000_000_000 + 10_000_000 });
      return noted;
    });
  }

  lookup(ledger: string, token: RevocableToken): Promise<FeedAnswer> {
    return this.#call('ask', () => {
      const { index, head } = this.server.feed(ledger);
      const verdict = index.has(token.tokenId) ? ('revoked' as const) : ('silent' as const);
      const { connection, lineage } = this.server;
      return { verdict, head, connection, lineage: String(lineage) };
    });
  }

  announce(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  ledgersOf(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  read(ledger: string, cursor: string, blockMs: number): Promise<FeedReply> {
    const { server, world } = this;
    return world.call<FeedReply>(this.machine, 'tail', DEADLINE_MS + blockMs, (answer, fail) => {
      const { connection } = server;
      const lineage = String(server.lineage);
      const end = world.now + blockMs;
      const look = (last: boolean): boolean => {
        if (server.downUntil > world.now || server.connection !== connection) {
          fail();
          return true;
        }
        const found = server.feed(ledger).stream.filter(({ id }) => id > Number(cursor));
        if (found.length === 0 && !last) return false;
        const some = found.slice(0, 6);
        answer({
          items: some.map(({ item }) => item),
          cursor: String(some.at(-1)?.id ?? cursor),
          complete: some.length < 6,
          connection,
          lineage,
        });
        return true;
      };
      let done = look(false);
      if (done) return;
      const again = (last: boolean): void => {
        if (done) return;
        done = look(last);
        if (!done)
          server.whenChanged(() => {
            again(false);
          });
      };
      server.whenChanged(() => {
        again(false);
      });
      world.at(end, () => {
        again(true);
      });
    });
  }

  warnings(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  #head(ledger: string): FeedHead {
    const { stream, head } = this.server.feed(ledger);
    return {
      cursor: String(stream.at(-1)?.id ?? 0),
      beat: head,
      lineage: String(this.server.lineage),
    };
  }

  #call<T>(connection: string, work: () => T): Promise<T> {
    return this.world.call<T>(this.machine, connection, DEADLINE_MS, (answer, fail) => {
      if (this.server.downUntil > this.world.now) fail();
      else answer(work());
    });
  }
}
