import { setTimeout as delay } from 'node:timers/promises';
import { AuthError } from '../common/auth-error.js';
import type { Clock } from '../common/clock.js';
import { withDeadline } from '../common/deadline.js';
import { group, whole } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import type { LedgerEntry, RevocableToken } from '../storage/ledger-entry.js';
import {
  FEED_VERSION,
  RevocationFeedBus,
  type AppendOutcome,
  type FeedAnswer,
  type FeedHead,
  type FeedItem,
  type FeedReply,
  type Heartbeat,
} from '../storage/revocation-feed.port.js';
import { CircuitBreaker } from './circuit-breaker.js';
import {
  copyKey,
  fromFeedRow,
  HEAD_FIELD,
  lookupFields,
  parseBeat,
  toFeedRow,
  verdictOf,
} from './feed-encoding.js';
import { FEED_COMMANDS } from './feed-scripts.js';
import { isCluster, OwnClient, runScript, type HostClient } from './own-client.js';

export interface RedisFeedOptions {
  /** Of one command, milliseconds. Default 200. */
  readonly deadlineMs?: number;
}

export const feedSchema = group({ deadlineMs: whole(1, 60_000).prefault(200) });

/** One hash tag, hence one slot on Cluster; the version in it lets two releases run side by side. */
const TAG = `{tokenward:${String(FEED_VERSION)}}`;
const STREAM = `${TAG}:feed`;
const INDEX = `${TAG}:index`;
const EXPIRY = `${TAG}:expiry`;
const KEYS = [STREAM, INDEX, EXPIRY] as const;

const TRIM_AGE_MS = 10 * 60_000;
/** Deadlines of what no request waits for are so many times as long. */
const PATIENCE = 5;
const READ_COUNT = 1_000;
const PAGE_COUNT = 1_000;
/** Without an answer for so long a connection that still looks open is given up. */
const GIVE_UP_MS = 2_000;
const REPLICA = 'redis: connected to a replica, which proves nothing; connect to the primary';
/** Copies on the way to the nodes of a cluster, at most: a node that hangs must not fill the memory. */
const COPIES_UNDER_WAY = 5_000;

/** The feed in Redis: alone, behind Sentinel, or on Cluster. Two connections of its own; the host's client is never used. */
export class RedisRevocationFeedBus extends RevocationFeedBus {
  readonly maxRows = 500;
  readonly #asking: OwnClient;
  readonly #reading: OwnClient;
  readonly #breaker: CircuitBreaker;
  readonly #deadlineMs: number;
  #copiesUnderWay = 0;

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
    this.#reading = new OwnClient(host);
    this.#breaker = new CircuitBreaker(clock, this.#deadlineMs);
  }

  async publish(entries: readonly LedgerEntry[]): Promise<void> {
    for (let from = 0; from < entries.length; from += this.maxRows) {
      const some = entries.slice(from, from + this.maxRows);
      await this.#ask('redis publish', async (client) => {
        this.#copy(client, some);
        await runScript(client, 'tokenwardPublish', KEYS, rowArguments(some));
      });
    }
  }

  append(entries: readonly LedgerEntry[], beat: Heartbeat): Promise<AppendOutcome> {
    return this.#ask(
      'redis append',
      async (client) => {
        // A fill goes no faster than its copies arrive.
        for (let i = 0; i < 10 && this.#copiesUnderWay + entries.length > COPIES_UNDER_WAY; i++)
          await delay(10);
        this.#copy(client, entries);
        const args = [
          beat.prev,
          beat.id,
          JSON.stringify(beat),
          this.clock.now(),
          TRIM_AGE_MS,
          ...rowArguments(entries),
        ];
        const [done, head] = (await runScript(client, 'tokenwardAppend', KEYS, args)) as [number, string];
        return done === 1 ? { kind: 'appended' } : { kind: 'moved', head: parseBeat(head) };
      },
      PATIENCE,
    );
  }

  head(): Promise<FeedHead> {
    return this.#ask('redis head', async (client) => {
      const [cursor, head] = (await runScript(client, 'tokenwardHead', KEYS)) as [string, string];
      return { cursor, beat: parseBeat(head) };
    });
  }

  async read(cursor: string, blockMs: number): Promise<FeedReply> {
    const own = this.#reading;
    const { connection } = own;
    const reading = own
      .ready()
      .then((client) =>
        client.xread('COUNT', READ_COUNT, 'BLOCK', Math.max(1, blockMs), 'STREAMS', STREAM, cursor),
      );
    let found: Awaited<typeof reading>;
    try {
      found = await withDeadline(reading, blockMs + this.#deadlineMs, 'redis read');
    } catch (error) {
      // The answer may still come, and a later one must not be taken for it.
      if (own.client.status === 'ready') own.reconnect();
      if (error instanceof AuthError) throw error;
      throw AuthError.unavailable('redis read: failed');
    }
    if (own.replica) {
      // It was demoted, and the other connection may not have noticed.
      if (!this.#asking.replica) this.#asking.reconnect();
      throw AuthError.unavailable(REPLICA);
    }
    if (own.connection !== connection) throw AuthError.unavailable('redis read: the connection changed');
    const messages = found?.[0]?.[1] ?? [];
    const items = messages.flatMap(([, fields]) => itemOf(fields) ?? []);
    return {
      items,
      cursor: messages.at(-1)?.[0] ?? cursor,
      complete: messages.length < READ_COUNT,
      connection,
    };
  }

  async snapshot(add: (entry: LedgerEntry) => void): Promise<FeedHead> {
    const noted = await this.head();
    let cursor = '0';
    let server: string | undefined;
    do {
      const [run, next, flat] = await this.#ask(
        'redis snapshot',
        async (client) => {
          const page = await runScript(client, 'tokenwardPage', KEYS, [cursor, PAGE_COUNT]);
          return page as [string, string, string[]];
        },
        PATIENCE,
      );
      if (run !== (server ??= run)) throw AuthError.unavailable('redis snapshot: another server took over');
      for (let i = 0; i + 1 < flat.length; i += 2) {
        const entry = fromFeedRow(flat[i] as string, flat[i + 1] as string);
        if (entry) add(entry);
      }
      cursor = next;
    } while (cursor !== '0');
    return noted;
  }

  lookup(token: RevocableToken): Promise<FeedAnswer> {
    const { connection } = this.#asking;
    return this.#ask('redis lookup', async (client) => {
      const answers = await client.hmget(INDEX, ...lookupFields(token), HEAD_FIELD);
      const verdict = verdictOf(token, answers);
      if (verdict === 'silent' && this.#asking.connection !== connection) {
        throw AuthError.unavailable('redis lookup: the connection changed');
      }
      return { verdict, head: parseBeat(answers.at(-1)), connection };
    });
  }

  warnings(): Promise<readonly string[]> {
    return this.#ask('redis warnings', async (client) => {
      const nodes = isCluster(client) ? client.nodes('master') : [client];
      const infos = await Promise.all(nodes.map((node) => node.info('memory')));
      const policies = new Set(
        infos.map((info) => /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction'),
      );
      policies.delete('noeviction');
      return [...policies].map(
        (policy) =>
          `Redis may evict revocations (maxmemory-policy ${policy}); set maxmemory-policy to noeviction`,
      );
    });
  }

  close(): void {
    this.#asking.close();
    this.#reading.close();
  }

  async #ask<T>(what: string, work: (client: HostClient) => Promise<T>, patience = 1): Promise<T> {
    try {
      return await this.#breaker.run(
        what,
        async () => {
          const result = await work(await this.#asking.ready());
          if (this.#asking.replica) throw AuthError.unavailable(REPLICA);
          return result;
        },
        patience,
      );
    } catch (error) {
      if (this.#breaker.silentMs() > GIVE_UP_MS && this.#asking.client.status === 'ready')
        this.#asking.reconnect();
      throw error;
    }
  }

  /** Sent before the rows' own script; on Cluster each for itself (their slots differ). Best effort: a missing copy proves nothing. */
  #copy(client: HostClient, entries: readonly LedgerEntry[]): void {
    const copies = entries.flatMap((entry) => {
      const key = copyKey(entry);
      const value = entry.kind === 'user' ? entry.minVersion : 1;
      return key ? [{ key, args: [value, entry.expiresAt] }] : [];
    });
    if (!isCluster(client)) {
      const keys = copies.map(({ key }) => key);
      const args = copies.flatMap((copy) => copy.args);
      if (keys.length > 0) runScript(client, 'tokenwardCopy', keys, args).catch(() => undefined);
      return;
    }
    if (this.#copiesUnderWay > COPIES_UNDER_WAY) return;
    for (const { key, args } of copies) {
      this.#copiesUnderWay++;
      void runScript(client, 'tokenwardCopy', [key], args)
        .catch(() => undefined)
        .finally(() => {
          this.#copiesUnderWay--;
        });
    }
  }
}

function rowArguments(entries: readonly LedgerEntry[]): (string | number)[] {
  return entries
    .map(toFeedRow)
    .flatMap(({ field, value, expiresAt }) => [field, value, Math.ceil(expiresAt)]);
}

function itemOf(fields: readonly string[]): FeedItem | undefined {
  const [name, content, , text] = fields;
  if (name === 'h') {
    const beat = parseBeat(content);
    return beat && { kind: 'beat', beat };
  }
  const entry =
    name === 'r' && content !== undefined && text !== undefined ? fromFeedRow(content, text) : undefined;
  return entry && { kind: 'row', entry };
}
