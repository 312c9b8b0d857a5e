import { AuthError } from '../common/auth-error.js';
import type { Clock } from '../common/clock.js';
import { group, whole } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import type { LedgerEntry, RevocableToken } from '../storage/ledger-entry.js';
import {
  FEED_VERSION,
  RevocationFeedBus,
  type AppendOutcome,
  type FeedAnswer,
  type FeedHead,
  type FeedReply,
  type Heartbeat,
  type LookupOptions,
} from '../storage/revocation-feed.port.js';
import { CircuitBreaker } from './circuit-breaker.js';
import {
  fromFeedRow,
  HEAD_FIELD,
  lookupFields,
  parseBeat,
  rowArguments,
  verdictOf,
} from './feed-encoding.js';
import { FEED_COMMANDS } from './feed-scripts.js';
import { evictionWarnings } from './eviction-warnings.js';
import { FeedStream } from './feed-stream.js';
import { type FeedWrites, tellLostConnection } from './lost-connection.js';
import { OwnClient, runScript, type HostClient } from './own-client.js';
import { RevocationCopies } from './revocation-copies.js';

export interface RedisFeedOptions {
  /** Deadline of one command, in milliseconds. Default 200. */
  readonly deadlineMs?: number;
}

export const feedSchema = group({ deadlineMs: whole(1, 60_000).prefault(200) });

const TAG = `tokenward:${String(FEED_VERSION)}`;
const REGISTRY = [`{${TAG}}:ledgers`, `{${TAG}}:signers`] as const;
/**
 * Stream, index, expiry, and what shows that the server writes. One hash tag, and so one slot on Cluster. The tag
 * contains the version, so that two releases can run side by side, and the ledger, so that two applications can.
 */
const keysOf = (ledger: string) =>
  [
    `{${TAG}:${ledger}}:feed`,
    `{${TAG}:${ledger}}:index`,
    `{${TAG}:${ledger}}:expiry`,
    `{${TAG}:${ledger}}:writes`,
  ] as const;

/** Younger messages are in the stream; messages twice as old are not. */
const TRIM_AGE_MS = 5 * 60_000;
/** Commands that no request waits for have a deadline that is this many times as long. */
const PATIENCE = 5;
const PAGE_COUNT = 1_000;
/** A connection that looks open is closed after this long without an answer. */
const GIVE_UP_MS = 2_000;

/**
 * The feed in Redis: on a single server, behind Sentinel, or on Cluster. It has two connections of
 * its own, and never uses the host's client.
 */
export class RedisRevocationFeedBus extends RevocationFeedBus {
  readonly maxRows = 500;
  readonly #asking: OwnClient;
  readonly #stream: FeedStream;
  readonly #writes: FeedWrites;
  readonly #breaker: CircuitBreaker;
  readonly #deadlineMs: number;
  readonly #copies = new RevocationCopies();
  #maxStalenessMs = Infinity;

  constructor(
    host: HostClient,
    private readonly clock: Clock,
    options: RedisFeedOptions = {},
  ) {
    super();
    this.#deadlineMs = readOptions(feedSchema, options, {
      of: 'redisConnection',
      prefix: 'redisConnection',
    }).deadlineMs;
    this.#asking = new OwnClient(host, FEED_COMMANDS);
    this.#writes = tellLostConnection(this.#asking.client, clock);
    this.#stream = new FeedStream(host, clock, this.#deadlineMs);
    this.#breaker = new CircuitBreaker(clock, this.#deadlineMs);
    // A new connection has its own time to answer. Otherwise the calls that the open circuit refuses
    // would close each new connection before the one call that is let through has its answer.
    this.#asking.client.on('ready', () => this.#breaker.succeeded());
  }

  override setMaxStaleness(ms: number): void {
    this.#maxStalenessMs = Math.min(this.#maxStalenessMs, ms);
    this.#stream.maxStalenessMs = this.#maxStalenessMs;
  }

  async publish(ledger: string, entries: readonly LedgerEntry[]): Promise<void> {
    for (let from = 0; from < entries.length; from += this.maxRows) {
      const some = entries.slice(from, from + this.maxRows);
      await this.#write('redis publish', async (client) => {
        this.#copies.send(client, some);
        await runScript(client, 'tokenwardPublish', keysOf(ledger), rowArguments(some));
      });
    }
  }

  append(ledger: string, entries: readonly LedgerEntry[], beat: Heartbeat): Promise<AppendOutcome> {
    return this.#write(
      'redis append',
      async (client) => {
        await this.#copies.room(entries.length);
        this.#copies.send(client, entries);
        const args = [
          beat.prev,
          beat.id,
          JSON.stringify(beat),
          this.expiredBy(beat),
          TRIM_AGE_MS,
          ...rowArguments(entries),
        ];
        const [done, head] = (await runScript(client, 'tokenwardAppend', keysOf(ledger), args)) as [
          number,
          string,
        ];
        return done === 1 ? { kind: 'appended' } : { kind: 'moved', head: parseBeat(head) };
      },
      PATIENCE,
    );
  }

  /**
   * The time by which expired rows leave the index: a server and a process whose clocks are both ahead of the
   * database's must not remove a revocation that is still needed. A `part` does not know that time.
   */
  private expiredBy({ kind, nowMs = Infinity }: Heartbeat): number {
    return kind === 'part' ? 0 : Math.min(this.clock.now(), nowMs);
  }

  head(ledger: string): Promise<FeedHead> {
    return this.#read('redis head', async (client) => {
      const answer = await runScript(client, 'tokenwardHead', keysOf(ledger), [
        this.#stream.maxStalenessMs,
      ]);
      const [cursor, head, lineage] = answer as [string, string, string];
      return { cursor, beat: parseBeat(head), lineage: lineage || undefined };
    });
  }

  read(ledger: string, cursor: string, blockMs: number): Promise<FeedReply> {
    return this.#stream.read(keysOf(ledger), cursor, blockMs);
  }

  async snapshot(ledger: string, add: (entry: LedgerEntry) => void): Promise<FeedHead> {
    const { connection } = this.#asking;
    const noted = await this.head(ledger);
    let cursor = '0';
    do {
      const [lineage, next, flat] = await this.#read(
        'redis snapshot',
        async (client) => {
          const page = await runScript(client, 'tokenwardPage', keysOf(ledger), [
            this.#stream.maxStalenessMs,
            cursor,
            PAGE_COUNT,
          ]);
          return page as [string, string, string[]];
        },
        PATIENCE,
      );
      if ((lineage || undefined) !== noted.lineage || this.#asking.connection !== connection)
        throw AuthError.unavailable('redis snapshot: another server took over');
      for (let i = 0; i + 1 < flat.length; i += 2) {
        const entry = fromFeedRow(flat[i] as string, flat[i + 1] as string);
        if (entry) add(entry);
      }
      cursor = next;
    } while (cursor !== '0');
    return noted;
  }

  lookup(ledger: string, token: RevocableToken, options: LookupOptions = {}): Promise<FeedAnswer> {
    const keys = keysOf(ledger);
    const fields = [...lookupFields(token), HEAD_FIELD];
    const { connection } = this.#asking;
    const ask = async (client: HostClient): Promise<FeedAnswer> => {
      const [lineage, answers] =
        options.lineage === 'include'
          ? ((await runScript(client, 'tokenwardLookup', keys, [
              this.#stream.maxStalenessMs,
              ...fields,
            ])) as [string, (string | null)[]])
          : ['', await client.hmget(keys[1], ...fields)];
      const verdict = verdictOf(token, answers);
      return {
        verdict,
        head: parseBeat(answers.at(-1)),
        connection,
        lineage: lineage || undefined,
      };
    };
    return this.#ask('redis lookup', () =>
      this.#asking.readPrimary(ask, ({ verdict }) => verdict === 'revoked'),
    );
  }

  announce(ledger: string, signers: readonly string[]): Promise<readonly string[]> {
    return this.#write('redis announce', async (client) => {
      const known = await runScript(client, 'tokenwardAnnounce', REGISTRY, [ledger, ...signers]);
      return (known as string[]).filter((each) => each !== ledger);
    });
  }

  ledgersOf(signers: readonly string[]): Promise<readonly string[]> {
    return this.#read('redis ledgers', async (client) => {
      const pairs = (await runScript(client, 'tokenwardSigners', REGISTRY)) as string[];
      const mine = pairs
        .map((pair) => pair.split(' '))
        .filter(([signer]) => signers.includes(signer ?? ''));
      return [...new Set(mine.flatMap(([, ledger]) => ledger ?? []))];
    });
  }

  warnings(): Promise<readonly string[]> {
    return this.#write('redis warnings', async (client) => {
      const role = await this.#asking.roleWarning();
      return role === undefined ? evictionWarnings(client) : [role];
    });
  }

  close(): void {
    this.#asking.close();
    this.#stream.close();
  }

  /** Needs no check of the role: a replica refuses writes by itself. */
  #write<T>(what: string, work: (client: HostClient) => Promise<T>, patience?: number): Promise<T> {
    const writing = async (): Promise<T> => {
      const client = await this.#asking.ready();
      try {
        const result = await work(client);
        this.#writes.written();
        return result;
      } catch (error) {
        this.#writes.refused(error);
        throw error;
      }
    };
    return this.#ask(what, writing, patience);
  }

  #read<T>(what: string, work: (client: HostClient) => Promise<T>, patience?: number): Promise<T> {
    return this.#ask(what, () => this.#asking.readPrimary(work), patience);
  }

  async #ask<T>(what: string, work: () => Promise<T>, patience = 1): Promise<T> {
    try {
      return await this.#breaker.run(what, work, patience);
    } catch (error) {
      if (this.#breaker.failingMs() > GIVE_UP_MS && this.#asking.client.status === 'ready')
        this.#asking.reconnect();
      throw error;
    }
  }
}
