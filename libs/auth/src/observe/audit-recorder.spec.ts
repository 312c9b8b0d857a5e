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
    this.state === 'down' ? Promise.reject(AuthError.unavailable('clean up: 42501')) : Promise.resolve(0);
  familiarity = (): Promise<Familiarity> =>
    Promise.resolve({ earlier: 0, network: 'known', userAgent: 'known' });
}

function set() {
  const store = new FlakyStore();
  const publisher = new AuthEventPublisher(new SystemClock(), { onAuthEvent: () => undefined });
  const recorder = new AuditRecorder(resolveObserve(observeSchema.parse({})), publisher, store);
  const refresh = (sessionId: string): void =>
    publisher.publish({ type: 'refresh.rotated', userId: 'u', sessionId });
  return { store, publisher, recorder, refresh };
}

describe('AuditRecorder', () => {
  it('writes many in few statements, in turn', async () => {
    const { store, recorder, refresh } = set();
    for (let n = 0; n < 1_200; n++) refresh(String(n));
    expect(recorder.pending).toBe(1_200);
    await recorder.flush();
    expect(store.batches.map((batch) => batch.length)).toEqual([500, 500, 200]);
    expect(store.batches.flat().map(({ sessionId }) => Number(sessionId))).toEqual([...Array(1_200).keys()]);
    expect(recorder.pending).toBe(0);
    await recorder.onApplicationShutdown();
  });

  it('keeps what could not be written, and drops the oldest when there are too many', async () => {
    const { store, recorder, refresh } = set();
    store.state = 'down';
    for (let n = 0; n < 10_007; n++) refresh(String(n));
    await recorder.flush();
    expect([recorder.pending, recorder.dropped]).toEqual([10_000, 7]);
    store.state = 'up';
    await recorder.onApplicationShutdown();
    expect(store.batches.flat()[0]?.sessionId).toBe('7');
    expect(recorder.pending).toBe(0);
  });

  it('leaves to the storage what has a transaction, and to the counters what anybody can cause', async () => {
    const { store, publisher, recorder } = set();
    publisher.publish({ type: 'session.ended', sessionId: 's', reason: 'logout' });
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

  it('says when it cannot forget: a trail that only grows is noticed', async () => {
    jest.useFakeTimers();
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      const { store, recorder } = set();
      recorder.onApplicationBootstrap();
      await jest.advanceTimersByTimeAsync(3_600_000);
      expect(warn).not.toHaveBeenCalled();
      store.state = 'down';
      await jest.advanceTimersByTimeAsync(3_600_000);
      expect(warn.mock.calls).toEqual([
        [expect.stringContaining('audit trail failed: unavailable: clean up')],
      ]);
      await recorder.onApplicationShutdown();
    } finally {
      warn.mockRestore();
      jest.useRealTimers();
    }
  });
});
