import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { SystemClock } from '../common/clock.js';
import type { LedgerEntry } from '../storage/ledger-entry.js';
import { FEED_VERSION, type Heartbeat } from '../storage/revocation-feed.port.js';
import { RedisRevocationFeedBus } from './redis-revocation-feed.bus.js';

const keyPrefix = `feed-${randomUUID().slice(0, 8)}:`;
const host = new Redis(process.env['TEST_REDIS_URL'] ?? '', { keyPrefix });
const feed = new RedisRevocationFeedBus(host, new SystemClock(), { deadlineMs: 1_000 });
const token = { tokenId: 't', sessionId: 's', subject: 'u', tokenVersion: 3, keyId: 'k', issuedAt: 1_000 };
const LEDGER = 'ours';
const soon = () => Date.now() + 60_000;

function beat(prev: string, over: Partial<Heartbeat> = {}): Heartbeat {
  const position = { ledger: LEDGER, timeline: 1, snapshot: '5:5:' };
  return { version: FEED_VERSION, id: randomUUID(), prev, before: [], position, kind: 'whole', ...over };
}

async function clear(): Promise<void> {
  const names = await host.keys(`${keyPrefix}*`);
  if (names.length > 0) await host.del(...names.map((name) => name.slice(keyPrefix.length)));
}

beforeAll(clear);
afterEach(clear);
afterAll(() => {
  feed.close();
  host.disconnect();
});

describe('RedisRevocationFeedBus', () => {
  it('appends a link only to the head that is there', async () => {
    const first = beat('');
    expect(await feed.append(LEDGER, [], first)).toEqual({ kind: 'appended' });
    expect(await feed.append(LEDGER, [], beat(''))).toEqual({ kind: 'moved', head: first });
    const second = beat(first.id, { before: [first.prev] });
    const entry: LedgerEntry = { kind: 'session', sessionId: 's', expiresAt: soon() };
    expect(await feed.append(LEDGER, [entry], second)).toEqual({ kind: 'appended' });
    const reply = await feed.read(LEDGER, '0-0', 10);
    expect(reply.items).toEqual([
      { kind: 'beat', beat: first },
      { kind: 'row', entry },
      { kind: 'beat', beat: second },
    ]);
    expect(reply.complete).toBe(true);
    expect(await feed.head(LEDGER)).toMatchObject({ cursor: reply.cursor, beat: second });
  });

  it.each<[string, LedgerEntry, 'revoked' | 'silent']>([
    ['its token', { kind: 'token', tokenId: 't', expiresAt: soon() }, 'revoked'],
    ['its session', { kind: 'session', sessionId: 's', expiresAt: soon() }, 'revoked'],
    ['its key', { kind: 'key', keyId: 'k', expiresAt: Date.UTC(9999, 0, 1) }, 'revoked'],
    ['a higher version', { kind: 'user', subject: 'u', minVersion: 4, expiresAt: soon() }, 'revoked'],
    ['its own version', { kind: 'user', subject: 'u', minVersion: 3, expiresAt: soon() }, 'silent'],
    ['all before later', { kind: 'all', issuedBefore: 1_001, expiresAt: soon() }, 'revoked'],
    ['all before then', { kind: 'all', issuedBefore: 1_000, expiresAt: soon() }, 'silent'],
    ['a session of that name', { kind: 'session', sessionId: 't', expiresAt: soon() }, 'silent'],
  ])('answers with the head in the same step: %s', async (_name, entry, verdict) => {
    await feed.publish(LEDGER, [entry]);
    expect(await feed.lookup(LEDGER, token)).toMatchObject({ verdict, head: undefined });
    const first = beat('');
    await feed.append(LEDGER, [], first);
    expect(await feed.lookup(LEDGER, token)).toMatchObject({ verdict, head: first });
    const found: LedgerEntry[] = [];
    await feed.snapshot(LEDGER, (each) => found.push(each));
    expect(found).toEqual([entry]);
  });

  it('never lowers a version or a lifetime, in the index and in the copy', async () => {
    const expiresAt = soon();
    await feed.publish(LEDGER, [{ kind: 'user', subject: 'u', minVersion: 7, expiresAt }]);
    await feed.publish(LEDGER, [
      { kind: 'user', subject: 'u', minVersion: 2, expiresAt: expiresAt - 30_000 },
    ]);
    expect(await host.get('user:version:u')).toBe('7');
    expect(await host.pttl('user:version:u')).toBeGreaterThan(50_000);
    expect((await feed.lookup(LEDGER, { ...token, tokenVersion: 6 })).verdict).toBe('revoked');
  });

  it('writes the copies that other services look up', async () => {
    await feed.publish(LEDGER, [
      { kind: 'token', tokenId: 't', expiresAt: soon() },
      { kind: 'session', sessionId: 's', expiresAt: soon() },
      { kind: 'key', keyId: 'k', expiresAt: Date.UTC(9999, 0, 1) },
    ]);
    expect(await host.mget('token:revoked:t', 'session:revoked:s', 'key:revoked:k')).toEqual(['1', '1', '1']);
    expect(await host.pttl('token:revoked:t')).toBeGreaterThan(50_000);
  });

  it('drops expired entries from the index, in the step', async () => {
    await feed.publish(LEDGER, [{ kind: 'token', tokenId: 't', expiresAt: Date.now() - 1 }]);
    await feed.append(LEDGER, [], beat(''));
    expect((await feed.lookup(LEDGER, token)).verdict).toBe('silent');
  });

  it('says that a reply was cut short', async () => {
    const many = Array.from({ length: 1_200 }, (): LedgerEntry => ({
      kind: 'token',
      tokenId: randomUUID(),
      expiresAt: soon(),
    }));
    await feed.publish(LEDGER, many);
    const first = await feed.read(LEDGER, '0-0', 10);
    expect(first).toMatchObject({ complete: false });
    const second = await feed.read(LEDGER, first.cursor, 10);
    expect(second).toMatchObject({ complete: true });
    expect(first.items.length + second.items.length).toBe(1_200);
  });

  it('takes a head that nobody can read for none', async () => {
    await host.hset(`{tokenward:2:${LEDGER}}:index`, '#head', '{"id":1}', '#id', 'x');
    expect((await feed.lookup(LEDGER, token)).head).toBeUndefined();
  });

  it('fails at once while disconnected, and closes nothing but its own', async () => {
    const away = new Redis(1, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
    away.on('error', () => undefined);
    const lost = new RedisRevocationFeedBus(away, new SystemClock(), { deadlineMs: 100 });
    for (let i = 0; i < 4; i++)
      await expect(lost.lookup(LEDGER, token)).rejects.toMatchObject({ code: 'unavailable' });
    const from = performance.now();
    await expect(lost.lookup(LEDGER, token)).rejects.toMatchObject({ code: 'unavailable' });
    expect(performance.now() - from).toBeLessThan(50);
    lost.close();
    expect(away.status).toBe('wait');
  });
});
