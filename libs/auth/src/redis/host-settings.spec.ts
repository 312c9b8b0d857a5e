import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Redis, type RedisOptions } from 'ioredis';
import { SystemClock } from '../common/clock.js';
import type { Heartbeat } from '../storage/revocation-feed.port.js';
import { RedisRevocationFeedBus } from './redis-revocation-feed.bus.js';

const LEDGER = 'ours';
const BLOCK_MS = 120;
const beat = (id: string, prev: string): Heartbeat => ({
  version: 2,
  id,
  prev,
  before: [],
  kind: 'part',
});

/** Numbers as text, an order of its own, and limits below the time for which the feed waits for news. */
const SETTINGS: readonly RedisOptions[] = [
  { stringNumbers: true },
  { enableAutoPipelining: true },
  { commandTimeout: 40 },
  { socketTimeout: 40 },
  { blockingTimeout: 40, blockingTimeoutGrace: 0 },
];

describe("the feed, whatever the host's client is set to", () => {
  it.each(SETTINGS)('%j: appends a chain, and waits for what is new', async (settings) => {
    const keyPrefix = `settings-${randomUUID().slice(0, 8)}:`;
    const host = new Redis(process.env['TEST_REDIS_URL'] ?? '', { keyPrefix, ...settings });
    host.on('error', () => undefined);
    const feed = new RedisRevocationFeedBus(host, new SystemClock(), { deadlineMs: 2_000 });
    try {
      expect(await feed.append(LEDGER, [], beat('b1', ''))).toEqual({ kind: 'appended' });
      expect(await feed.append(LEDGER, [], beat('b2', 'b1'))).toEqual({ kind: 'appended' });
      const { cursor, beat: head } = await feed.head(LEDGER);
      expect(head?.id).toBe('b2');
      expect(await feed.read(LEDGER, cursor, BLOCK_MS)).toMatchObject({ items: [], cursor });
    } finally {
      feed.close();
      host.disconnect();
    }
  });
});
