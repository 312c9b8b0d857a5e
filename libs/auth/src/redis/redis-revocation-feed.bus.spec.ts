import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { clusterArgs, privateRedis } from '../../../../test/support/private-servers.js';
import { until } from '../../../../test/support/until.js';
import { SystemClock } from '../common/clock.js';
import { RedisRevocationFeedBus } from './redis-revocation-feed.bus.js';

const keyPrefix = `feed-${randomUUID().slice(0, 8)}:`;
const host = new Redis(process.env['TEST_REDIS_URL'] ?? '', { keyPrefix });
const feed = new RedisRevocationFeedBus(host, new SystemClock(), { deadlineMs: 1_000 });
const token = {
  tokenId: 't',
  sessionId: 's',
  subject: 'u',
  tokenVersion: 3,
  keyId: 'k',
  issuedAt: 1_000,
};
const LEDGER = 'ours';
const soon = () => Date.now() + 60_000;

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
  // T-4p92
  it('never lowers a version or a lifetime, either in the index or in the copy', async () => {
    const expiresAt = soon();
    await feed.publish(LEDGER, [{ kind: 'user', id: 'u', value: 7, expiresAt }]);
    await feed.publish(LEDGER, [
      { kind: 'user', id: 'u', value: 2, expiresAt: expiresAt - 30_000 },
    ]);
    expect(await host.get('user:version:u')).toBe('7');
    expect(await host.pttl('user:version:u')).toBeGreaterThan(50_000);
    expect((await feed.lookup(LEDGER, { ...token, tokenVersion: 6 })).verdict).toBe('revoked');
  });

  // T-7qb4
  it('writes the copies that other services read', async () => {
    await feed.publish(LEDGER, [
      { kind: 'token', id: 't', value: 0, expiresAt: soon() },
      { kind: 'session', id: 's', value: 0, expiresAt: soon() },
      { kind: 'key', id: 'k', value: 0, expiresAt: Date.UTC(9999, 0, 1) },
    ]);
    expect(await host.mget('token:revoked:t', 'session:revoked:s', 'key:revoked:k')).toEqual([
      '1',
      '1',
      '1',
    ]);
    expect(await host.pttl('token:revoked:t')).toBeGreaterThan(50_000);
  });

  // T-2zkk
  it('treats an unreadable head as no head', async () => {
    await host.hset(`{tokenward:2:${LEDGER}}:index`, '#head', '{"id":1}', '#id', 'x');
    expect((await feed.lookup(LEDGER, token)).head).toBeUndefined();
  });

  // T-9zf9
  it('trims whole steps: a reader of the step before notices a missing link, and never sees some of the rows', async () => {
    const [stream, index] = ['feed', 'index'].map((name) => `{tokenward:2:${LEDGER}}:${name}`) as [
      string,
      string,
    ];
    const beat = (id: string, prev: string) => ({
      version: 2,
      id,
      prev,
      before: [],
      kind: 'whole' as const,
      position: { ledger: LEDGER, timeline: 1, snapshot: '1:1:' },
    });
    // written like one script: in one millisecond, earlier than the retention of the stream
    const longAgo = Date.now() - 11 * 60_000;
    let entry = 0;
    const write = (...fields: string[]) => host.xadd(stream, `${longAgo}-${++entry}`, ...fields);
    await write('h', JSON.stringify(beat('one', '')));
    const read = `${longAgo}-${entry}`;
    for (let n = 0; n < 150; n++) await write('r', `s:${n}`, 'v', `0:${soon()}`);
    await write('h', JSON.stringify(beat('two', 'one')));
    const two = {
      '#id': 'two',
      '#head': JSON.stringify(beat('two', 'one')),
      '#trim': `${longAgo}-${entry}`,
    };
    await host.hset(index, two);
    await feed.append(LEDGER, [], beat('three', 'two'));
    const { items } = await feed.read(LEDGER, read, 10);
    expect(items).toEqual([{ kind: 'beat', beat: beat('three', 'two') }]);
    // recent steps stay
    await feed.append(LEDGER, [], beat('four', 'three'));
    expect((await feed.read(LEDGER, read, 10)).items).toHaveLength(2);
  });

  // T-v6hd
  it.each([
    ['whole', {}, 'silent'],
    ['whole', { nowMs: Date.now() - 3_600_000 }, 'revoked'],
    ['part', {}, 'revoked'],
  ] as const)(
    'keeps what has not expired by the database, whose clock is an hour behind: %s, %o',
    async (kind, told, verdict) => {
      const expiresAt = Date.now() - 3_600_000 + 600_000;
      await feed.publish(LEDGER, [{ kind: 'session', id: 's', value: 0, expiresAt }]);
      const position = { ledger: LEDGER, timeline: 1, snapshot: '1:1:' };
      const beat = { version: 2, id: 'one', prev: '', before: [], position, kind, ...told };
      await feed.append(LEDGER, [], beat);
      expect((await feed.lookup(LEDGER, token)).verdict).toBe(verdict);
    },
  );

  // T-c7rd
  it('does not say which server it is while a cluster that is down answers and refuses to write', async () => {
    const args = [...(await clusterArgs()), '--cluster-allow-reads-when-down', 'yes'];
    const server = await privateRedis({ args });
    const admin = new Redis(server.url);
    await admin.acl(
      'SETUSER',
      'reader',
      'on',
      '>pw',
      '~*',
      '+@read',
      '+@scripting',
      '+hello',
      '+info',
    );
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
    const [mine, reader] = [
      admin,
      new Redis(server.url.replace('//', '//reader:pw@'), { lazyConnect: true }),
    ].map(
      (client) => new RedisRevocationFeedBus(client, new SystemClock(), { deadlineMs: 2_000 }),
    ) as [RedisRevocationFeedBus, RedisRevocationFeedBus];
    const lineage = async (of: RedisRevocationFeedBus) => (await of.head(LEDGER)).lineage;
    await until(async () => (await lineage(mine).catch(() => undefined)) !== undefined);
    const known = await lineage(mine);
    expect(await lineage(reader)).toBe(known);
    // not the slot of the feed
    await admin.call('CLUSTER', 'DELSLOTS', 0);
    await until(async () => /cluster_state:fail/.test(String(await admin.call('CLUSTER', 'INFO'))));
    expect(await lineage(mine)).toBeUndefined();
    expect((await mine.lookup(LEDGER, token, { lineage: 'include' })).lineage).toBeUndefined();
    // who may not write learns it from the others
    await until(async () => (await lineage(reader)) === undefined);
    mine.close();
    reader.close();
    admin.disconnect();
    await server.stop();
  });

  it('for a user who may not write, a server takes what is written for as long as the module allows', async () => {
    const server = await privateRedis();
    const admin = new Redis(server.url);
    const rights = ['~*', '+@read', '+@scripting', '+hello', '+info'];
    await admin.acl('SETUSER', 'follower', 'on', '>pw', ...rights);
    const url = server.url.replace('//', '//follower:pw@');
    const [writer, hasty, patient] = [server.url, url, url].map(
      (each) =>
        new RedisRevocationFeedBus(new Redis(each, { lazyConnect: true }), new SystemClock()),
    ) as [RedisRevocationFeedBus, RedisRevocationFeedBus, RedisRevocationFeedBus];
    patient.setMaxStaleness(8_000);
    const lineage = async (of: RedisRevocationFeedBus) => (await of.head('one')).lineage;
    const all = () => Promise.all([hasty, patient].map(lineage));
    await until(async () => {
      const known = await lineage(writer).catch(() => undefined);
      return known !== undefined && (await all().catch(() => [])).every((each) => each === known);
    });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await all()).toEqual([undefined, expect.any(String)]);
    for (const each of [writer, hasty, patient]) each.close();
    admin.disconnect();
    await server.stop();
  });

  it('fails at once while disconnected, and closes only its own connections', async () => {
    const away = new Redis(1, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
    away.on('error', () => undefined);
    const lost = new RedisRevocationFeedBus(away, new SystemClock(), { deadlineMs: 100 });
    for (let i = 0; i < 4; i++)
      await expect(lost.lookup(LEDGER, token)).rejects.toMatchObject({ code: 'unavailable' });
    const from = performance.now();
    for (let i = 0; i < 50; i++)
      await expect(lost.lookup(LEDGER, token)).rejects.toMatchObject({ code: 'unavailable' });
    // none of the fifty waited for its deadline
    expect(performance.now() - from).toBeLessThan(2_500);
    lost.close();
    expect(away.status).toBe('wait');
  });
});
