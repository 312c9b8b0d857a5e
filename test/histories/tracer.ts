import { SystemClock, SystemEntropy } from '@tokenward/nestjs/options';
import { redisConnection } from '@tokenward/nestjs/redis';
import type { FeedItem, Heartbeat, RevocationFeedBus } from '@tokenward/nestjs/storage';
import { type ResolvedAuthOptions, RevocationSync } from '@tokenward/nestjs/verify';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { FaultCluster } from '../faults/fault-cluster.js';
import type { Entry } from './history.js';
import type { FeedEvent, ReaderEvent, Trace } from './trace.js';

const OPTIONS = {
  revocation: {
    mode: 'mirror',
    maxStalenessMs: 1_000,
    unproven: 'refuse',
    deadlineMs: 250,
    maxEntries: 100_000,
  },
} as unknown as ResolvedAuthOptions;

/** Records each reply to a reader of the feed, and, before the next read, what it claims to know. */
function traced(feed: RevocationFeedBus, events: ReaderEvent[], ageMs: () => number): void {
  const read = feed.read.bind(feed);
  const snapshot = feed.snapshot.bind(feed);
  feed.read = async (...question) => {
    const upToMs = Date.now() - ageMs();
    if (upToMs > -Infinity) events.push({ kind: 'proven', upToMs });
    const sentMs = Date.now();
    const reply = await read(...question);
    const items = reply.items.flatMap((item) => eventOf(item));
    events.push({ kind: 'read', sentMs, complete: reply.complete, items });
    return reply;
  };
  feed.snapshot = async (ledger, add) => {
    const sessions: string[] = [];
    const noted = await snapshot(ledger, (entry) => {
      if (entry.kind === 'session') sessions.push(entry.id);
      add(entry);
    });
    events.push({ kind: 'filled', sessions, head: noted.beat?.id });
    return noted;
  };
}

function eventOf(item: FeedItem): FeedEvent[] {
  if (item.kind === 'beat') return [{ kind: 'beat', atMs: 0, beat: item.beat }];
  return item.entry.kind === 'session' ? [{ kind: 'row', session: item.entry.id }] : [];
}

export interface Tracer {
  /** The trace so far, with the endings of the history. */
  stop(history: readonly Entry[]): Promise<Trace>;
}

/** Traces everything that enters a cluster's feed, and the view of a resource server in this process. */
export async function startTracer(cluster: FaultCluster): Promise<Tracer> {
  const ledger = await cluster.ledger();
  const clocksMs = Date.now() - performance.now();
  const [mine, host] = [new Redis(cluster.redis.url), new Redis(cluster.redis.url)];
  for (const client of [mine, host]) client.on('error', () => undefined);
  const feed: FeedEvent[] = [];
  let isStopped = false;
  const following = follow(
    mine,
    ledger,
    (event) => feed.push(event),
    () => isStopped,
  );
  const events: ReaderEvent[] = [];
  const connection = redisConnection(host);
  const sync = new RevocationSync(
    OPTIONS,
    new SystemClock(),
    new SystemEntropy(),
    undefined,
    connection.feed,
  );
  traced(connection.feed, events, () => sync.view.ageMs());
  sync.view.follow(ledger);
  await sync.ready();
  return {
    async stop(history) {
      isStopped = true;
      await sync.onApplicationShutdown();
      await following;
      await connection.close();
      for (const client of [mine, host]) client.disconnect();
      const acknowledged = new Map<string, number>();
      for (const entry of history)
        if (entry.kind === 'logout' && entry.status === 204 && !acknowledged.has(entry.session))
          acknowledged.set(entry.session, entry.answeredMs + clocksMs);
      return {
        feed,
        reader: events,
        acknowledged,
        transactions: await transactionsOf(cluster.postgres.url),
      };
    },
  };
}

/** Reads all entries from first to last, and waits for a server that is paused. */
async function follow(
  redis: Redis,
  ledger: string,
  note: (event: FeedEvent) => void,
  isStopped: () => boolean,
): Promise<void> {
  const stream = `{tokenward:2:${ledger}}:feed`;
  for (let cursor = '0'; !isStopped();) {
    const found = await redis.xread('COUNT', 1_000, 'BLOCK', 200, 'STREAMS', stream, cursor);
    for (const [id, fields] of found?.[0]?.[1] ?? []) {
      cursor = id;
      const [kind, content = ''] = fields;
      const atMs = Number(id.split('-')[0]);
      if (kind === 'h') note({ kind: 'beat', atMs, beat: JSON.parse(content) as Heartbeat });
      else if (content.startsWith('s:')) note({ kind: 'row', session: content.slice(2) });
    }
  }
}

async function transactionsOf(connectionString: string): Promise<ReadonlyMap<string, bigint>> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { rows } = await client.query<{ subject: string; xid: string }>(
    "select subject, xid::text from auth_revocations where kind = 'session'",
  );
  await client.end();
  return new Map(rows.map(({ subject, xid }) => [subject, BigInt(xid)]));
}
