import { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { until } from '../../../../test/support/until.js';
import { ManualClock } from '../testing/manual-clock.js';
import { tellLostConnection } from './lost-connection.js';
import type { HostClient } from './own-client.js';
import { RedisRevocationFeedBus } from './redis-revocation-feed.bus.js';

describe('a connection to Redis that does not come about', () => {
  let client: EventEmitter;
  let clock: ManualClock;
  const lines: string[] = [];
  beforeEach(() => {
    lines.length = 0;
    const keep = (line: unknown): void => void lines.push(String(line));
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(keep);
    jest.spyOn(Logger.prototype, 'log').mockImplementation(keep);
    client = new EventEmitter();
    clock = new ManualClock();
    tellLostConnection(client as unknown as HostClient, clock);
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
    ["ERR unknown command 'AUTH', with args beginning with: 'pw'", {}, 'ERR'],
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
