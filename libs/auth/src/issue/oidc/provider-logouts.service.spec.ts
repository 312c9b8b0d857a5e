import { beforeEach, describe, expect, it } from '@jest/globals';
import { SystemEntropy } from '../../common/entropy.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { MemoryDatabase } from '../../testing/memory-database.js';
import { MemoryOneTimeTokenStore } from '../../testing/memory-one-time-token.store.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.service.js';
import { ProviderLogouts } from './provider-logouts.service.js';

const PERSON = { issuer: 'https://id.example', issuerSubject: 'ann' };

describe('sign-outs at a provider', () => {
  let clock: ManualClock;
  let logouts: ProviderLogouts;

  beforeEach(() => {
    clock = new ManualClock();
    const store = new MemoryOneTimeTokenStore(new MemoryDatabase(clock));
    logouts = new ProviderLogouts(new OneTimeTokens(store, new SystemEntropy()));
  });

  const signOut = (issuedAtSeconds: number) =>
    logouts.remember({ ...PERSON, id: `logout ${issuedAtSeconds}`, issuedAtSeconds });
  const endedFor = (issuedAtSeconds: number) => logouts.hasEnded({ ...PERSON, issuedAtSeconds });

  it('end what was signed in before, and nothing that came after', async () => {
    await signOut(100);
    expect([await endedFor(99), await endedFor(100), await endedFor(101)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  // T-6j3q
  it('are remembered again after one whose time is over, before anybody cleaned up', async () => {
    await signOut(100);
    clock.advance('31m');
    expect(await endedFor(100)).toBe(false);
    await signOut(2_000);
    expect(await endedFor(1_999)).toBe(true);
  });

  // T-bj7t
  it.each([
    ['one that arrives late', [200, 100]],
    ['an earlier one', [100, 200]],
  ])('are not undone by %s', async (_, order) => {
    for (const at of order) await signOut(at);
    expect([await endedFor(150), await endedFor(201)]).toEqual([true, false]);
  });

  it('the latest of ten at once is kept', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, n) => signOut(100 + ((n * 7) % 10))));
    expect([await endedFor(109), await endedFor(110)]).toEqual([true, false]);
  });
});
