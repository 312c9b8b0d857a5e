import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { ThrottleAttempt, ThrottleStore } from '../../storage/throttle-store.port.js';
import { casesFor, type ConformanceCase } from './conformance-case.js';

export interface ThrottleStoreSubject {
  readonly throttle: ThrottleStore;
  /** Lets that much of the store's time pass: moves a clock, or waits. */
  readonly pass: (milliseconds: number) => Promise<void>;
}

const WINDOW_MS = 60_000;

const attempt = (limits: Readonly<Record<string, number>>, windowMs = WINDOW_MS): ThrottleAttempt => ({
  id: randomUUID(),
  buckets: Object.entries(limits).map(([key, limit]) => ({ key, limit })),
  windowMs,
});

const CASES: Readonly<Record<string, (subject: ThrottleStoreSubject) => Promise<void>>> = {
  'of any number of simultaneous tries no more than the limit are allowed': async ({ throttle }) => {
    const key = randomUUID();
    const decisions = await Promise.all(
      Array.from({ length: 30 }, () => throttle.take(attempt({ [key]: 10 }))),
    );
    assert.equal(decisions.filter(({ kind }) => kind === 'allowed').length, 10);
  },

  'a refusal says how long to wait, within the window': async ({ throttle }) => {
    const key = randomUUID();
    await throttle.take(attempt({ [key]: 1 }));
    const decision = await throttle.take(attempt({ [key]: 1 }));
    assert.ok(decision.kind === 'refused' && Number.isInteger(decision.retryAfterSeconds));
    assert.ok(decision.retryAfterSeconds >= 1 && decision.retryAfterSeconds <= WINDOW_MS / 1000);
  },

  'a refused try counts in none of its buckets': async ({ throttle }) => {
    const [full, other] = [randomUUID(), randomUUID()];
    await throttle.take(attempt({ [full]: 1 }));
    for (let i = 0; i < 3; i++) await throttle.take(attempt({ [other]: 1, [full]: 1 }));
    assert.deepEqual(await throttle.take(attempt({ [other]: 1 })), { kind: 'allowed' });
  },

  'gives back what a try took, once, and nothing of others': async ({ throttle }) => {
    const key = randomUUID();
    const mine = attempt({ [key]: 2 });
    await throttle.take(mine);
    await throttle.take(attempt({ [key]: 2 }));
    await throttle.giveBack(mine);
    await throttle.giveBack(mine);
    assert.equal((await throttle.take(attempt({ [key]: 2 }))).kind, 'allowed');
    assert.equal((await throttle.take(attempt({ [key]: 2 }))).kind, 'refused');
  },

  'a try leaves when its window is over': async ({ throttle, pass }) => {
    const key = randomUUID();
    await throttle.take(attempt({ [key]: 1 }, 150));
    await pass(200);
    assert.equal((await throttle.take(attempt({ [key]: 1 }, 150))).kind, 'allowed');
  },
};

/** What every `ThrottleStore` must do. */
export function throttleStoreConformance(
  subject: () => ThrottleStoreSubject | Promise<ThrottleStoreSubject>,
): readonly ConformanceCase[] {
  return casesFor(CASES, subject);
}
