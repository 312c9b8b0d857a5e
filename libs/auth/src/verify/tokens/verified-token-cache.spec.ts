import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { Keyring } from '../keys/keyring.service.js';
import { forge, goodClaims, makeBench, makeKeys, NOW } from './forge.fixture.js';
import { VerifiedTokenCache, type VerifiedToken } from './verified-token-cache.js';

const secret = randomBytes(64);
const keys = { algorithm: 'HS256', secret, keyId: 'main' } as const;
const token = (changes: Record<string, unknown> = {}, key: Buffer = secret) =>
  forge({ alg: 'HS256', kid: 'main', typ: 'at+jwt' }, goodClaims(changes), key, 'HS256');
const entry = (id: number) =>
  ({ principal: { id: String(id) }, exp: 1, nbf: 0, iat: 0 }) as unknown as VerifiedToken;

function countedBench(settings = {}) {
  const bench = makeBench(keys, settings);
  return { ...bench, checks: jest.spyOn(bench.keyring, 'signatureFits') };
}

describe('VerifiedTokenCache', () => {
  it('checks each signature once', () => {
    const { verifier, checks } = countedBench();
    const first = verifier.verify(token());
    for (let n = 0; n < 10; n += 1) expect(verifier.verify(token())).toEqual(first);
    expect(checks).toHaveBeenCalledTimes(1);
  });

  it('is off at size 0', () => {
    const { verifier, checks } = countedBench({ cacheSize: 0 });
    for (let n = 0; n < 3; n += 1) expect(verifier.verify(token()).kind).toBe('accepted');
    expect(checks).toHaveBeenCalledTimes(3);
  });

  it('does not keep forgeries: each is checked every time, and displaces no entry', () => {
    const { verifier, checks } = countedBench({ cacheSize: 2 });
    verifier.verify(token());
    for (let n = 0; n < 50; n += 1)
      expect(verifier.verify(token({ n }, Buffer.alloc(64))).kind).toBe('refused');
    checks.mockClear();
    expect(verifier.verify(token()).kind).toBe('accepted');
    expect(checks).not.toHaveBeenCalled();
  });

  it.each([
    ['4,096 characters is remembered', 4096, entry(1)],
    ['4,097 characters is not', 4097, undefined],
  ])('a token of %s', (_what, length, expected) => {
    const cache = new VerifiedTokenCache(4);
    const long = 'a'.repeat(length);
    cache.set(long, entry(1), 0);
    expect(cache.get(long, 0)).toEqual(expected);
    expect(cache.size).toBe(expected ? 1 : 0);
  });

  it('counts what it holds in both of its generations', () => {
    const cache = new VerifiedTokenCache(4);
    for (const id of [1, 2, 3]) cache.set(`token ${id}`, entry(id), 0);
    expect(cache.size).toBe(3);
  });

  it('a token with another signature is another token', () => {
    const { verifier } = countedBench();
    const good = token();
    expect(verifier.verify(good).kind).toBe('accepted');
    const [header, payload] = good.split('.');
    expect(verifier.verify(`${header}.${payload}.${'A'.repeat(43)}`).kind).toBe('refused');
    // both tokens end alike, and the cache key is the end of a token
    const [, other] = token({ role: 'admin' }).split('.');
    expect(verifier.verify(good.replace(String(payload), String(other))).kind).toBe('refused');
    expect(verifier.verify(good).kind).toBe('accepted');
  });

  it('checks the expiry again on a hit', () => {
    const { verifier, clock } = countedBench();
    expect(verifier.verify(token()).kind).toBe('accepted');
    clock.ms = (NOW + 930) * 1000;
    expect(verifier.verify(token())).toEqual({ kind: 'refused', reason: 'expired' });
    expect(verifier.verify(token(), { expiry: 'ignored' }).kind).toBe('accepted');
    clock.ms = (NOW - 31) * 1000;
    expect(verifier.verify(token())).toEqual({ kind: 'refused', reason: 'not_yet_valid' });
  });

  it('an expired token that was accepted for logout is not accepted afterwards', () => {
    const { verifier, clock } = countedBench();
    clock.ms = (NOW + 5000) * 1000;
    expect(verifier.verify(token(), { expiry: 'ignored' }).kind).toBe('accepted');
    expect(verifier.verify(token())).toEqual({ kind: 'refused', reason: 'expired' });
  });

  it('forgets everything when the keys change', () => {
    const { verifier, keyring } = countedBench();
    expect(verifier.verify(token()).kind).toBe('accepted');
    const next = Keyring.fromOptions(makeKeys('HS256', 'main'));
    keyring.replace({ verification: [next.verificationKey('main')!] });
    expect(verifier.verify(token())).toEqual({ kind: 'refused', reason: 'signature_mismatch' });
    keyring.replace({ verification: [] });
    expect(verifier.verify(token())).toEqual({ kind: 'refused', reason: 'key_unknown' });
  });

  it('never remembers a token over 4 KiB', () => {
    const { verifier, checks } = countedBench();
    const long = token({ x: 'x'.repeat(4000) });
    for (let n = 0; n < 2; n += 1) expect(verifier.verify(long).kind).toBe('accepted');
    expect(checks).toHaveBeenCalledTimes(2);
  });

  it('shares a frozen principal', () => {
    const { verifier } = countedBench();
    const outcome = verifier.verify(token({ permissions: ['a'], tenant: { ids: [1] } }));
    if (outcome.kind === 'refused') throw new Error(outcome.reason);
    const { principal } = outcome;
    expect(() => Object.assign(principal, { role: 'admin' })).toThrow(TypeError);
    expect(() => (principal.permissions as string[]).push('admin')).toThrow(TypeError);
    expect(() => (principal.claims.tenant as { ids: number[] }).ids.push(2)).toThrow(TypeError);
  });

  it('runs the schema once, and caches its result', () => {
    const seen = jest.fn();
    const claimsSchema = z.object({
      plan: z.string().transform((plan) => (seen(), plan.toUpperCase())),
    });
    const { verifier } = countedBench({ claimsSchema });
    for (let n = 0; n < 3; n += 1) {
      expect(verifier.verify(token({ plan: 'pro' }))).toMatchObject({
        principal: { claims: { plan: 'PRO' } },
      });
    }
    expect(seen).toHaveBeenCalledTimes(1);
    for (let n = 0; n < 2; n += 1) {
      expect(verifier.verify(token({ plan: 7 }))).toEqual({
        kind: 'refused',
        reason: 'custom_claims_refused',
      });
    }
  });

  it.each([1, 2, 3, 10, 101])('holds at most %i, and the recently used ones', (capacity) => {
    const cache = new VerifiedTokenCache(capacity);
    for (let n = 0; n < 5 * capacity; n += 1) {
      cache.set(`t${n}`, entry(n), 1);
      expect(cache.size).toBeLessThanOrEqual(capacity);
      expect(cache.get(`t${n}`, 1)).toEqual(entry(n));
      if (capacity > 3) expect(n === 0 || cache.get('t0', 1) !== undefined).toBe(true);
    }
  });

  it('distinguishes tokens that end alike, and keeps only the last one', () => {
    const cache = new VerifiedTokenCache(10);
    cache.set(`one.${'s'.repeat(40)}`, entry(1), 0);
    expect(cache.get(`two.${'s'.repeat(40)}`, 0)).toBeUndefined();
    cache.set(`two.${'s'.repeat(40)}`, entry(2), 0);
    expect(cache.get(`two.${'s'.repeat(40)}`, 0)).toEqual(entry(2));
    expect(cache.get(`one.${'s'.repeat(40)}`, 0)).toBeUndefined();
  });

  it('does not keep the headers that contained the tokens alive, also for tokens that are used again', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const cache = new VerifiedTokenCache(1_000);
    const cutFrom = (n: number) =>
      Buffer.from(`${'x'.repeat(100_000)}=${String(n).padStart(64, '0')}`, 'latin1')
        .toString('latin1')
        .slice(-64);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 500; n += 1) cache.set(cutFrom(n), entry(n), 1);
    // the next token rotates the generations, and tokens that are used again move to the young one
    cache.set(cutFrom(500), entry(500), 1);
    for (let n = 0; n < 500; n += 1) expect(cache.get(cutFrom(n), 1)).toEqual(entry(n));
    collect();
    // the headers had 50 MB in total
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000);
  });

  it('a hit and a miss give the same result, whatever the clock does', () => {
    const change = fc.record(
      {
        iat: fc.integer({ min: NOW - 4000, max: NOW + 100 }),
        nbf: fc.integer({ min: NOW - 4000, max: NOW + 100 }),
        exp: fc.integer({ min: NOW - 100, max: NOW + 4000 }),
        aud: fc.constantFrom('api', 'web', ['api', 'web']),
        tokenVersion: fc.constantFrom(0, 1, 2),
        plan: fc.constantFrom('pro', 7),
      },
      { requiredKeys: [] },
    );
    const expiry = fc.constantFrom('enforced' as const, 'ignored' as const);
    const step = fc.record({
      which: fc.nat(3),
      atMs: fc.integer({ min: (NOW - 4100) * 1000, max: (NOW + 4100) * 1000 }),
      expiry,
    });
    const claimsSchema = z.object({ plan: z.string().optional() });
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 4, maxLength: 4 }),
        fc.array(step, { maxLength: 20 }),
        (changes, steps) => {
          const tokens = changes.map((claims) => token(claims));
          const [cached, uncached] = [
            makeBench(keys, { claimsSchema, cacheSize: 3 }),
            makeBench(keys, { claimsSchema, cacheSize: 0 }),
          ];
          for (const { which, atMs, expiry } of steps) {
            cached.clock.ms = uncached.clock.ms = atMs;
            const presented = tokens[which] ?? '';
            expect(cached.verifier.verify(presented, { expiry })).toEqual(
              uncached.verifier.verify(presented, { expiry }),
            );
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
