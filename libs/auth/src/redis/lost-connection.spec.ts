import { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { privateRedis } from '../../../../test/support/private-servers.js';
import { until } from '../../../../test/support/until.js';
import type { Heartbeat } from '../storage/revocation-feed.port.js';
import { ManualClock } from '../testing/manual-clock.js';
import { tellLostConnection } from './lost-connection.js';
import type { HostClient } from './own-client.js';
import { RedisRevocationFeedBus } from './redis-revocation-feed.bus.js';

/** As ioredis has them, whose own class it does not export. */
class ReplyError extends Error {
  override readonly name = 'ReplyError';
}

describe('a connection to Redis that does not come about', () => {
  let client: EventEmitter;
  let clock: ManualClock;
  let outage: ReturnType<typeof tellLostConnection>;
  const lines: string[] = [];
  beforeEach(() => {
    lines.length = 0;
    const keep = (line: unknown): void => void lines.push(String(line));
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(keep);
    jest.spyOn(Logger.prototype, 'log').mockImplementation(keep);
    client = new EventEmitter();
    clock = new ManualClock();
    outage = tellLostConnection(client as unknown as HostClient, clock);
  });
  afterEach(() => void jest.restoreAllMocks());

  const fails = (error: Error, seconds: number): void => {
    for (let second = 0; second < seconds; second++, clock.advance('1s'))
      client.emit('error', error);
  };
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
    code: 'ECONNREFUSED',
  });

  it('is told once for each outage, and that it is over', () => {
    const told = 'Redis carries no revocations, it cannot be reached: ECONNREFUSED';
    fails(refused, 60);
    expect(lines).toEqual([told]);
    client.emit('ready');
    expect(lines).toEqual([told, 'Redis carries the revocations again']);
    fails(refused, 60);
    expect(lines).toHaveLength(3);
  });

  it('is not worth a line for a few seconds', () => {
    for (let times = 0; times < 10; times++) {
      fails(refused, 5);
      client.emit('ready');
    }
    expect(lines).toEqual([]);
  });

  it.each([
    ['WRONGPASS invalid username-password pair or user is disabled.', {}, 'WRONGPASS'],
    [
      "ERR unknown command 'AUTH', with args beginning with: 'pw'",
      {},
      "ERR unknown command 'AUTH'",
    ],
    [
      'self-signed certificate',
      { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ],
    ['All sentinels are unreachable. Last error: pw', {}, 'All sentinels are unreachable'],
    ['refused', { lastNodeError: new Error('NOAUTH Authentication required.') }, 'NOAUTH'],
    ['pw', {}, 'Error'],
  ])('tells of %p no more than the reason', (message, members, expected) => {
    fails(Object.assign(new Error(message), members), 6);
    expect(lines).toEqual([`Redis carries no revocations, it cannot be reached: ${expected}`]);
  });

  it.each([
    [
      "OOM command not allowed when used memory > 'maxmemory'. script: 5f2, on @user_script:9.",
      'OOM',
    ],
    [
      'MISCONF Redis is configured to save RDB snapshots, but is unable to persist on disk.',
      'MISCONF',
    ],
    [
      'ERR Error running script (call to f_5f2): @user_script:9: @user_script: 9: -OOM command not',
      'OOM',
    ],
    [
      "ERR unknown command 'XADD', with args beginning with: 'secret'",
      "ERR unknown command 'XADD'",
    ],
    [
      'ERR Script attempted to execute a write command while the cluster is down and readonly script: 5f2',
      'ERR Script attempted to execute a write command while the cluster is down',
    ],
  ])('of a server that refuses to write, too: %p', (message, reason) => {
    const refuse = (seconds: number): void => {
      for (let second = 0; second < seconds; second++, clock.advance('1s'))
        outage.refused(new ReplyError(message));
    };
    const told = `Redis carries no revocations, it refuses to write them: ${reason}`;
    refuse(60);
    expect(lines).toEqual([told]);
    // the connection itself is well
    client.emit('ready');
    refuse(60);
    expect(lines).toEqual([told]);
    outage.written();
    expect(lines).toEqual([told, 'Redis carries the revocations again']);
    refuse(5);
    outage.written();
    expect(lines).toHaveLength(2);
  });

  it('is not told of a call that failed for another reason, or of a right that is missing', () => {
    for (let second = 0; second < 60; second++, clock.advance('1s')) {
      outage.refused(new Error('Connection is closed.'));
      outage.refused(
        new ReplyError("NOPERM this user has no permissions to run the 'xadd' command"),
      );
    }
    expect(lines).toEqual([]);
  });

  it('is told by the feed of a full server', async () => {
    const server = await privateRedis({ args: ['--maxmemory', '1'] });
    const host = new Redis(server.url);
    const feed = new RedisRevocationFeedBus(host, clock, { deadlineMs: 2_000 });
    const beat: Heartbeat = { version: 2, id: 'b', prev: '', before: [], kind: 'whole' };
    await until(async () => {
      clock.advance('1s');
      await feed.append('ours', [], beat).catch(() => undefined);
      return lines.length > 0;
    }).finally(() => {
      feed.close();
      host.disconnect();
      return server.stop();
    });
    expect(lines).toEqual(['Redis carries no revocations, it refuses to write them: OOM']);
  });

  it('is told by the feed', async () => {
    const feed = new RedisRevocationFeedBus(new Redis({ port: 1, lazyConnect: true }), clock);
    const asked = feed.head('ours').catch(() => undefined);
    const told = until(() => {
      clock.advance('1s');
      return lines.length > 0;
    });
    await told.finally(() => feed.close());
    await asked;
    expect(lines).toEqual(['Redis carries no revocations, it cannot be reached: ECONNREFUSED']);
  });
});
