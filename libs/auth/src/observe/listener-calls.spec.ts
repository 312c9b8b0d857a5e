import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import { AuthEventPublisher } from './auth-event-publisher.service.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a listener that is slower than its events', () => {
  let warn: jest.SpiedFunction<Logger['warn']>;
  let error: jest.SpiedFunction<Logger['error']>;
  beforeEach(() => {
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  function slow() {
    const clock = new ManualClock();
    const heard: string[] = [];
    const finish: (() => void)[] = [];
    const publisher = new AuthEventPublisher(clock, {
      onAuthEvent: ({ type }) => {
        heard.push(type);
        return new Promise((resolve) => finish.push(resolve));
      },
    });
    const flood = (times: number): void => {
      for (let n = 0; n < times; n++)
        publisher.publish({ type: 'login.throttled', ip: '192.0.2.1' });
    };
    return { clock, heard, finish, publisher, flood };
  }

  it('has at most 1,000 running calls of a kind, and still gets every other kind', () => {
    const { heard, publisher, flood } = slow();
    flood(5_000);
    publisher.publish({ type: 'key.revoked', keyId: 'k' });
    expect(heard).toHaveLength(1_001);
    expect(heard.at(-1)).toBe('key.revoked');
    expect(publisher.calls.dropped).toBe(4_000);
  });

  it('is named in one line a minute, and gets events again when it has caught up', async () => {
    const { clock, heard, finish, publisher, flood } = slow();
    flood(3_000);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('login.throttled is left out')]]);
    clock.advance('1m');
    flood(1);
    expect(warn).toHaveBeenCalledTimes(2);
    for (const done of finish) done();
    await settle();
    flood(1_000);
    expect(heard).toHaveLength(2_000);
    expect(publisher.calls.dropped).toBe(2_001);
  });

  it('does not delay another listener, and a synchronous listener gets all events', () => {
    const { publisher, flood } = slow();
    let count = 0;
    publisher.subscribe(() => count++);
    flood(5_000);
    expect(count).toBe(5_000);
  });

  it('that rejects or throws frees its slot, and is named in one line a minute', async () => {
    const clock = new ManualClock();
    const publisher = new AuthEventPublisher(clock, {
      onAuthEvent: () => Promise.reject(new TypeError('of the host')),
    });
    publisher.subscribe(() => {
      throw new RangeError('of the host');
    });
    for (let n = 0; n < 3; n++) {
      for (let each = 0; each < 1_000; each++) publisher.publish({ type: 'login.throttled' });
      await settle();
    }
    expect(publisher.calls.dropped).toBe(0);
    expect(error.mock.calls.flat().toSorted()).toEqual([
      'a listener of login.throttled failed: RangeError',
      'a listener of login.throttled failed: TypeError',
    ]);
  });
});
