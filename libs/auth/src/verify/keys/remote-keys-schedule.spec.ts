import type { JsonWebKey } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ResolvedRemoteJwks } from '../../options/remote-jwks-options.js';
import { type Answer, ecKey, useRemoteKeys } from './remote-keys.fixture.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const [A, B] = [ecKey('a'), ecKey('b')];
const setOf = (keys: readonly JsonWebKey[], maxAge?: number) => () =>
  new Response(JSON.stringify({ keys }), {
    headers: maxAge === undefined ? undefined : { 'cache-control': `max-age=${String(maxAge)}` },
  });
const broken = () => new Response('x', { status: 500 });

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});
const remoteKeys = useRemoteKeys();
const { said } = remoteKeys;

function issuerOf(answer: Answer, more: Partial<ResolvedRemoteJwks> = {}) {
  const started = remoteKeys.issuerOf(answer, {}, more);
  /** Moves the clock and the timers. */
  const pass = async (ms: number): Promise<void> => {
    started.clock.seconds += ms / 1_000;
    await jest.advanceTimersByTimeAsync(ms);
  };
  return { ...started, pass };
}

describe('the next fetch', () => {
  it.each<[string, Answer, Partial<ResolvedRemoteJwks>, number]>([
    ['after refreshEvery', setOf([A]), {}, 5 * MINUTE],
    ['after a shorter max-age', setOf([A], 60), {}, MINUTE],
    ['after refreshEvery, where max-age is longer', setOf([A], 600), {}, 5 * MINUTE],
    ['after refreshEvery, where max-age is 0', setOf([A], 0), {}, 5 * MINUTE],
    ['after a second at the earliest', setOf([A]), { refreshEveryMs: 1 }, SECOND],
    ['after a second, while no key is known', broken, {}, SECOND],
  ])('is %s', async (_, answer, options, ms) => {
    const { remote, pass } = issuerOf(answer, options);
    await remote.refresh();
    await pass(ms - 1);
    expect(remote.fetches).toBe(1);
    await pass(1);
    expect(remote.fetches).toBe(2);
  });

  it('is after the cool-down, where a fetch failed and keys are known', async () => {
    const { remote, issuer, pass } = issuerOf(setOf([A]));
    await remote.refresh();
    issuer.answer = broken;
    await remote.refresh();
    expect([remote.fetches, remote.failedFetches]).toEqual([2, 1]);
    await pass(30 * SECOND - 1);
    expect(remote.fetches).toBe(2);
    await pass(1);
    expect([remote.fetches, remote.failedFetches]).toEqual([3, 2]);
  });

  it('does not come after the shutdown, not even by a fetch that was in progress', async () => {
    let finish = (_: Response): void => undefined;
    const { remote, issuer, pass } = issuerOf(setOf([A]));
    await remote.refresh();
    issuer.answer = () => new Promise<Response>((resolve) => (finish = resolve));
    const fetching = remote.refresh();
    await pass(0);
    remote.onApplicationShutdown();
    finish(setOf([A])());
    await fetching;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is shared by whoever asks meanwhile', async () => {
    const { remote, keyring } = issuerOf(setOf([A]));
    void remote.refresh();
    void remote.refresh();
    await remote.lookAgain();
    expect([remote.fetches, keyring.size]).toEqual([1, 1]);
    await remote.refresh();
    expect(remote.fetches).toBe(2);
  });

  it('for an unknown kid waits for the cool-down', async () => {
    const { remote, clock } = issuerOf(setOf([A]));
    for (const [seconds, fetches] of [
      [100, 1],
      [129.999, 1],
      [130, 2],
    ] as const) {
      clock.seconds = seconds;
      await remote.lookAgain();
      expect(remote.fetches).toBe(fetches);
    }
  });
});

describe('an issuer whose keys sign at once', () => {
  const waits = { whileCooling: 'waits', coolDownMs: 30 * SECOND } as const;

  it('is asked again after a fetch in progress, once for all', async () => {
    const { remote } = issuerOf(setOf([A]), waits);
    const first = remote.refresh();
    await Promise.all([first, remote.lookAgain(), remote.lookAgain()]);
    expect(remote.fetches).toBe(2);
  });

  it('is asked again at the end of the cool-down, at once if it is over', async () => {
    const { remote, clock, pass } = issuerOf(setOf([A]), waits);
    /** The fetches after a look that no timer delayed. */
    const afterLook = async () => {
      void remote.lookAgain();
      await new Promise((resolve) => setImmediate(resolve));
      return remote.fetches;
    };
    clock.seconds = 100;
    expect(await afterLook()).toBe(1);
    await pass(10 * SECOND);
    expect(await afterLook()).toBe(1);
    await pass(19.5 * SECOND);
    expect(remote.fetches).toBe(1);
    await pass(0.5 * SECOND);
    expect(remote.fetches).toBe(2);
    await pass(30 * SECOND);
    expect(await afterLook()).toBe(3);
  });

  it('proves a kid unknown by its last answer, however old', async () => {
    const { remote, issuer, clock } = issuerOf(setOf([A]), waits);
    expect(remote.isComplete()).toBe(false);
    await remote.refresh();
    clock.seconds += 3_600;
    expect(remote.isComplete()).toBe(true);
    issuer.answer = broken;
    await remote.refresh();
    expect(remote.isComplete()).toBe(false);
  });
});

describe('what was fetched', () => {
  it.each([
    ['refreshEvery', undefined, 300],
    ['a longer max-age', 600, 600],
    ['refreshEvery, where max-age is shorter', 60, 300],
  ])('proves a kid unknown for %s', async (_, maxAge, seconds) => {
    const { remote, clock } = issuerOf(setOf([A], maxAge));
    expect(remote.isComplete()).toBe(false);
    await remote.refresh();
    clock.seconds = seconds;
    expect(remote.isComplete()).toBe(true);
    clock.seconds += 0.001;
    expect(remote.isComplete()).toBe(false);
  });

  it('changes the keyring only where the keys changed, not their order', async () => {
    const { remote, keyring, issuer } = issuerOf(setOf([A, B]));
    await remote.refresh();
    const before = keyring.revision;
    issuer.answer = setOf([B, A]);
    await remote.refresh();
    expect(keyring.revision).toBe(before);
    issuer.answer = setOf([B]);
    await remote.refresh();
    expect(keyring.revision).toBe(before + 1);
    issuer.answer = setOf([{ ...A, kid: 'b' }]);
    await remote.refresh();
    expect(keyring.revision).toBe(before + 2);
  });

  it('changes nothing in a keyring without keys if it has none, not even at the end of trust', async () => {
    const { remote, keyring, issuer, pass } = issuerOf(setOf([]), { keepForMs: 2 * MINUTE });
    const { revision } = keyring;
    await remote.refresh();
    issuer.answer = broken;
    await pass(2 * MINUTE + 1);
    expect([remote.isComplete(), keyring.revision]).toEqual([false, revision]);
  });

  it('is trusted until keepFor is over, and anew from the next answer', async () => {
    const { remote, keyring, issuer, pass } = issuerOf(setOf([A]), { keepForMs: 2 * MINUTE });
    await pass(MINUTE);
    await remote.refresh();
    issuer.answer = broken;
    await pass(2 * MINUTE);
    await remote.refresh();
    expect(keyring.size).toBe(1);
    await pass(1);
    expect([keyring.size, remote.isComplete()]).toEqual([0, false]);
    issuer.answer = setOf([A]);
    await remote.refresh();
    expect(keyring.size).toBe(1);
  });

  it('is put off by a good answer in between', async () => {
    const options = { keepForMs: 2 * MINUTE, refreshEveryMs: 3 * MINUTE };
    const { remote, keyring, pass } = issuerOf(setOf([A]), options);
    await remote.refresh();
    await pass(MINUTE);
    await remote.refresh();
    await pass(2 * MINUTE);
    expect(keyring.size).toBe(1);
  });
});

describe('a key that is revoked here', () => {
  it('is refused, and what was fetched before its replacement signed proves nothing', async () => {
    const { remote, keyring, pass } = issuerOf(setOf([A, B]));
    await remote.refresh();
    remote.revoke('a');
    expect([keyring.isRevoked('a'), remote.isComplete()]).toEqual([true, false]);
    await pass(SECOND - 1);
    expect([remote.fetches, remote.isComplete()]).toEqual([2, false]);
    await pass(1);
    expect([remote.fetches, remote.isComplete()]).toEqual([3, true]);
    remote.revoke('a');
    expect(remote.isComplete()).toBe(true);
  });
});

describe('what the log is told', () => {
  it.each([
    ['http://issuer.example/jwks.json', 'production', 1],
    ['http://localhost.example/jwks.json', 'production', 1],
    ['http://x.localhost/jwks.json', 'production', 1],
    ['http://127.0.0.1.example/jwks.json', 'production', 1],
    ['http://issuer.example/jwks.json', 'development', 0],
    ['https://issuer.example/jwks.json', 'production', 0],
    ['http://localhost:3000/jwks.json', 'production', 0],
    ['http://127.0.0.1/jwks.json', 'production', 0],
    ['http://127.10.20.30/jwks.json', 'production', 0],
    ['http://[::1]:3000/jwks.json', 'production', 0],
  ])('of the address %s in %s: %i warning', async (url, environment, warnings) => {
    const { remote } = issuerOf(setOf([A]), { url: new URL(url) });
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = environment;
    try {
      await remote.onApplicationBootstrap();
    } finally {
      process.env['NODE_ENV'] = before;
    }
    expect(said).toEqual(
      Array.from({ length: warnings }, () =>
        expect.stringMatching(/^jwks\.url is plain HTTP: .*; use https$/),
      ),
    );
    expect(remote.fetches).toBe(1);
  });

  it('of a failure: what follows from it, once', async () => {
    const { remote, issuer } = issuerOf(broken, { keepForMs: 90 * MINUTE });
    await remote.refresh();
    await remote.refresh();
    issuer.answer = setOf([A]);
    await remote.refresh();
    issuer.answer = broken;
    await remote.refresh();
    const status = 'the JWKS was answered with status 500';
    expect(said).toEqual([
      `${status}; no key is in force, so tokens are answered 503`,
      `${status}; the keys known so far stay in force, until 1.5 h after the last good answer`,
    ]);
  });

  it.each<[string, readonly JsonWebKey[], string]>([
    ['a set without a key', [], 'the JWKS holds no key that verifies: every token is refused'],
    [
      'a set of other algorithms',
      [ecKey('c', { alg: 'RS256' }), { ...B, alg: 'ES384' }, { ...B, alg: 'ES512' }],
      'the JWKS holds no key of jwks.algorithms (ES256, PS256), but of RS256, ES384, ES512: every token is refused',
    ],
    [
      'a set of keys that are left out',
      [{ ...A, kid: undefined }],
      'the JWKS holds no key that verifies: every token is refused; of the JWKS these are left out: key 0: has no "kid": tokens name their key by it, add one',
    ],
  ])('of %s, with its owner', async (_, keys, remark) => {
    const algorithms = new Set(['ES256', 'PS256'] as const);
    const { remote } = issuerOf(setOf(keys), { algorithms, of: 'partner' });
    await remote.refresh();
    expect(said).toEqual([`partner: ${remark}`]);
  });

  it('of ten keys that are left out, not of more', async () => {
    const nameless = Array.from({ length: 11 }, () => ({ ...B, kid: undefined }));
    const { remote } = issuerOf(setOf([A, ...nameless]));
    await remote.refresh();
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^of the JWKS these are left out: key 1: /);
    expect(said[0]?.split('; ')).toHaveLength(10);
  });
});
