import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { ThrottleStore } from '../../storage/throttle-store.port.js';
import { casesFor, type ConformanceCase } from './conformance-case.js';
import { attempt, WINDOW_MS } from './samples.js';

export interface ThrottleStoreSubject {
  readonly throttle: ThrottleStore;
  /** Lets the given time pass for the store: moves a clock, or waits. */
  readonly pass: (milliseconds: number) => Promise<void>;
}

const CASES: Readonly<Record<string, (subject: ThrottleStoreSubject) => Promise<void>>> = {
  'allows at most the limit of any number of simultaneous attempts': async ({ throttle }) => {
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

  'does not count a refused attempt in any of its buckets': async ({ throttle }) => {
    const [full, other] = [randomUUID(), randomUUID()];
    await throttle.take(attempt({ [full]: 1 }));
    for (let i = 0; i < 3; i++) await throttle.take(attempt({ [other]: 1, [full]: 1 }));
    assert.deepEqual(await throttle.take(attempt({ [other]: 1 })), { kind: 'allowed' });
  },

  'gives back what an attempt took, once, and nothing of other attempts': async ({ throttle }) => {
    const key = randomUUID();
    const mine = attempt({ [key]: 2 });
    await throttle.take(mine);
    await throttle.take(attempt({ [key]: 2 }));
    await throttle.giveBack(mine);
    await throttle.giveBack(mine);
    assert.equal((await throttle.take(attempt({ [key]: 2 }))).kind, 'allowed');
    assert.equal((await throttle.take(attempt({ [key]: 2 }))).kind, 'refused');
  },

  'an attempt stops counting when its window is over': async ({ throttle, pass }) => {
    const key = randomUUID();
    await throttle.take(attempt({ [key]: 1 }, 150));
    await pass(200);
    assert.equal((await throttle.take(attempt({ [key]: 1 }, 150))).kind, 'allowed');
  },
};

/** The requirements on every `ThrottleStore`. */
export function throttleStoreConformance(
  subject: () => ThrottleStoreSubject | Promise<ThrottleStoreSubject>,
): readonly ConformanceCase[] {
  return casesFor(CASES, subject);
}
