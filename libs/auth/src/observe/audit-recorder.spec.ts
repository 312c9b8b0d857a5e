import { Logger } from '@nestjs/common';
import { describe, expect, it, jest } from '@jest/globals';
import { AuthError } from '../common/auth-error.js';
import { SystemClock } from '../common/clock.js';
import { observeSchema, resolveObserve } from '../options/observe-options.js';
import type { NewAuditRecord } from '../storage/audit-record.js';
import { AuditRecorder } from './audit-recorder.service.js';
import { AuditStore, type Familiarity } from '../storage/audit-store.port.js';
import { AuthEventPublisher } from './auth-event-publisher.service.js';

class FlakyStore extends AuditStore {
  state: 'up' | 'down' = 'up';
  readonly batches: (readonly NewAuditRecord[])[] = [];

  append(records: readonly NewAuditRecord[]): Promise<void> {
    if (this.state === 'down') return Promise.reject(AuthError.unavailable('away'));
    this.batches.push(records);
    return Promise.resolve();
  }

  find = () => Promise.resolve([]);
  removeOlder = () =>
    this.state === 'down'
      ? Promise.reject(AuthError.unavailable('clean up: 42501'))
      : Promise.resolve(0);
  familiarity = (): Promise<Familiarity> =>
    Promise.resolve({ earlier: 0, network: 'known', userAgent: 'known' });
}

function set() {
  const store = new FlakyStore();
  const publisher = new AuthEventPublisher(new SystemClock(), { onAuthEvent: () => undefined });
  const recorder = new AuditRecorder(resolveObserve(observeSchema.parse({})), publisher, store);
  const registered = (userId: string): void =>
    publisher.publish({ type: 'user.registered', userId });
  const refused = (ip: string): void => publisher.publish({ type: 'login.throttled', ip });
  return { store, publisher, recorder, registered, refused };
}

describe('AuditRecorder', () => {
  it('writes many records in few statements, one after the other', async () => {
    const { store, recorder, registered } = set();
    for (let n = 0; n < 1_200; n++) registered(String(n));
    expect(recorder.pending).toBe(1_200);
    await recorder.flush();
    expect(store.batches.map((batch) => batch.length)).toEqual([500, 500, 200]);
    expect(store.batches.flat().map(({ userId }) => Number(userId))).toEqual([
      ...Array(1_200).keys(),
    ]);
    expect(recorder.pending).toBe(0);
    await recorder.onApplicationShutdown();
  });

  it('writes at once while the application stops, and asks a store that is down no more often', async () => {
    const { store, recorder, registered } = set();
    registered('before');
    await recorder.beforeApplicationShutdown();
    registered('meanwhile');
    expect(store.batches.flat()).toMatchObject([{ userId: 'before' }, { userId: 'meanwhile' }]);
    await recorder.flush();
    store.state = 'down';
    registered('lost');
    await recorder.onApplicationShutdown();
    expect(recorder.pending).toBe(1);
  });

  // T-k3st
  it('does not wait, at the beginning of the stop, for records that keep coming', async () => {
    const { store, recorder, registered } = set();
    let left = 1_000;
    const append = store.append.bind(store);
    store.append = async (records) => {
      await append(records);
      if (left-- > 0) registered(String(left));
    };
    registered('first');
    await recorder.beforeApplicationShutdown();
    expect(left).toBeGreaterThan(900);
    await recorder.onApplicationShutdown();
    expect([store.batches.flat().length, recorder.pending]).toEqual([1_001, 0]);
  });

  it('makes one record of what one address does in a minute, with its count, and keeps records that could not be written', async () => {
    jest.useFakeTimers({ now: 1_000 * 60_000 });
    try {
      const { store, recorder, refused } = set();
      store.state = 'down';
      for (let n = 0; n < 400; n++) refused(`2001:db8::${n.toString(16)}`);
      await recorder.flush();
      refused('2001:db8::1');
      refused('192.0.2.1');
      store.state = 'up';
      await recorder.flush();
      expect(store.batches.flat()).toMatchObject([
        { type: 'login.throttled', ip: '2001:db8::0', count: 401 },
        { type: 'login.throttled', ip: '192.0.2.1' },
      ]);
      await jest.advanceTimersByTimeAsync(60_000);
      refused('192.0.2.1');
      await recorder.flush();
      const folds = store.batches.flat().map(({ fold }) => fold);
      expect(new Set(folds).size).toBe(3);
      await recorder.onApplicationShutdown();
    } finally {
      jest.useRealTimers();
    }
  });

  // T-bcm3
  it('a flood of one kind does not displace another: beyond 2,000 of a kind only their number is kept', async () => {
    const { store, publisher, recorder, refused } = set();
    store.state = 'down';
    publisher.publish({ type: 'refresh.refused', reason: 'mismatch', userId: 'u', sessionId: 's' });
    for (let n = 0; n < 20_000; n++) refused(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    await recorder.flush();
    expect([recorder.pending, recorder.dropped]).toEqual([2_002, 18_000]);
    store.state = 'up';
    await recorder.onApplicationShutdown();
    const written = store.batches.flat();
    expect(written.filter(({ type }) => type === 'refresh.refused')).toHaveLength(1);
    const counts = written
      .filter(({ type }) => type === 'login.throttled')
      .map(({ count = 1 }) => count);
    expect(counts.reduce((sum, each) => sum + each)).toBe(20_000);
    expect(recorder.pending).toBe(0);
  });

  it('does not record events that a storage transaction recorded, or that anybody can cause at will', async () => {
    const { store, publisher, recorder } = set();
    publisher.publish({ type: 'session.ended', sessionId: 's', reason: 'logout' }, 'recorded');
    publisher.publish({ type: 'refresh.refused', reason: 'junk', ip: '192.0.2.1' });
    publisher.publish({ type: 'token.refused', reason: 'expired' });
    publisher.publish({ type: 'refresh.refused', reason: 'mismatch', userId: 'u', sessionId: 's' });
    publisher.publish({ type: 'password.refused', userId: 'u', actorId: 'u', sessionId: 's' });
    await recorder.flush();
    expect(store.batches.flat()).toMatchObject([
      { type: 'refresh.refused', severity: 'warning', userId: 'u', detail: { reason: 'mismatch' } },
      { type: 'password.refused', severity: 'warning', userId: 'u', actorId: 'u', detail: {} },
    ]);
    expect(store.batches.flat()[0]?.actorId).toBeUndefined();
    await recorder.onApplicationShutdown();
  });

  it('warns when the clean-up fails, so that a growing trail is noticed', async () => {
    jest.useFakeTimers();
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      const { store, recorder } = set();
      recorder.onApplicationBootstrap();
      await jest.advanceTimersByTimeAsync(3_600_000);
      expect(warn).not.toHaveBeenCalled();
      store.state = 'down';
      await jest.advanceTimersByTimeAsync(3_600_000);
      expect(warn.mock.calls).toEqual([[expect.stringContaining('audit trail failed: clean up')]]);
      await recorder.onApplicationShutdown();
    } finally {
      warn.mockRestore();
      jest.useRealTimers();
    }
  });
});
