import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../../common/clock.js';
import { keysFrom } from '../../issue/keys/function-keys.js';
import { generateSigningJwk } from '../../issue/keys/generate-key.js';
import { HandClock } from './hand-clock.fixture.js';
import { KeyRotation } from '../../issue/keys/key-rotation.service.js';

const T0 = 1_800_000_000;
const LEAD = 3600;
const OPTIONS = {
  keys: { algorithm: 'ES256' as const },
  keyRotation: { leadTimeMs: LEAD * 1000, refreshEveryMs: 30_000, warnAfterMs: 90 * 86_400_000 },
  accessToken: { ttlSeconds: 900, clockToleranceSeconds: 30 },
  storeDeadlineMs: 500,
};

const jwk = async (kid: string, times: { nbf: number; iat?: number }) => ({
  ...(await generateSigningJwk('ES256', { iat: T0 - 1000, nbf: T0 })),
  kid,
  ...times,
});

describe('KeyRotation as a source of verification keys', () => {
  it('an unknown kid is proven unknown by a reading younger than the lead time, and is looked up with a cool-down', async () => {
    const clock = new HandClock(T0);
    let readings = 0;
    let down = false;
    const keys = [await jwk('a', { nbf: T0 - 1000 })];
    const source = keysFrom(() => {
      readings += 1;
      if (down) throw new Error('down');
      return { keys: [...keys] };
    });
    const rotation = await KeyRotation.start(OPTIONS as never, clock, source);
    await rotation.lookAgain();
    expect([rotation.isComplete(), readings]).toEqual([true, 1]);

    keys.push(await jwk('b', { nbf: T0 + 1, iat: T0 + 1 }));
    clock.seconds = T0 + LEAD + 1;
    expect(rotation.isComplete()).toBe(false);
    await Promise.all([rotation.lookAgain(), rotation.lookAgain()]);
    expect([rotation.isComplete(), readings]).toEqual([true, 2]);
    expect(rotation.keyring.verificationKey('b')).toBeDefined();

    // a replacement of a revoked key signs at once, so earlier readings prove nothing
    down = true;
    clock.seconds += 10;
    rotation.revoke('x');
    for (let n = 0; n < 5; n += 1) await rotation.lookAgain();
    expect([rotation.isComplete(), readings]).toEqual([false, 3]);
    down = false;
    clock.seconds += 1;
    await rotation.lookAgain();
    expect([rotation.isComplete(), readings]).toEqual([true, 4]);
    await rotation.onApplicationShutdown();
  });

  // T-f5jw
  it.each([
    ['container was frozen', 1],
    ['machine was suspended, where one clock stood still', 0],
  ])('the JWKS of a process whose %s shows the keys that others use by now', async (_, ticks) => {
    const clock = new PausedClock();
    const keys = [await jwk('a', { nbf: T0 - 1000 })];
    const rotation = await KeyRotation.start(
      OPTIONS as never,
      clock,
      keysFrom(() => ({ keys: [...keys] })),
    );
    keys.push(await jwk('b', { nbf: T0 + 1, iat: T0 + 1 }));
    const kids = async () => (await rotation.publicJwks()).keys.map(({ kid }) => kid);
    clock.pause(LEAD, ticks);
    // by a reading within the lead time: no reading more
    expect(await kids()).toEqual(['a']);
    clock.pause(1, ticks);
    expect(rotation.isComplete()).toBe(false);
    expect(await kids()).toEqual(['a', 'b']);
    await rotation.onApplicationShutdown();
  });
});

/** A pause during which no timer of the process runs, and perhaps not even its steady clock. */
class PausedClock implements Clock {
  #wall = T0;
  #steady = 50;
  now = () => this.#wall * 1000;
  monotonic = () => this.#steady * 1000;
  pause(seconds: number, ticks: number): void {
    this.#wall += seconds;
    this.#steady += seconds * ticks;
  }
}
