import { createHmac } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { TrustedIssuerOptions } from '../../options/issuer-options.js';
import { b64, forge, makeKey, NOW } from '../tokens/forge.fixture.js';
import { ForeignIssuer, TIMES, trusting } from './foreign-issuer.fixture.js';

const A = 'https://a.example';
const B = 'https://b.example';
const OURS = 'https://issuer.example';

const stops: (() => void)[] = [];
beforeEach(() => void jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined));
afterEach(() => {
  jest.restoreAllMocks();
  stops.splice(0).forEach((stop) => stop());
});

function entry(issuer: string, source: ForeignIssuer, changes: Partial<TrustedIssuerOptions> = {}) {
  return {
    issuer,
    audience: 'api',
    jwks: { url: `${issuer}/jwks.json`, fetch: source.fetch, coolDown: '100ms' },
    principal: (claims: Readonly<Record<string, unknown>>) => ({ id: String(claims['sub']) }),
    ...changes,
  } satisfies TrustedIssuerOptions;
}

async function two(changes: Partial<TrustedIssuerOptions> = {}) {
  const [a, b] = [new ForeignIssuer('ES384'), new ForeignIssuer('ES256')];
  const bench = await trusting(entry(A, a, changes), entry(B, b, changes));
  stops.push(() => bench.issuers.onApplicationShutdown());
  return { ...bench, a, b };
}

const claims = (changes: Record<string, unknown> = {}) => ({
  ...TIMES,
  iss: A,
  aud: 'api',
  sub: 'u1',
  jti: 'j1',
  ...changes,
});

describe('a token of a trusted issuer', () => {
  it('is accepted with its subject, and its ids cannot be confused with ours', async () => {
    const { verify, a } = await two();
    const outcome = await verify(
      a.sign(claims({ sid: 's1', role: 'admin', permissions: ['all'] })),
    );
    expect(outcome).toMatchObject({
      kind: 'accepted',
      principal: { kind: 'user', issuer: A, id: 'u1', permissions: [], claims: { role: 'admin' } },
    });
    const { principal } = outcome as Extract<typeof outcome, { kind: 'accepted' }>;
    expect(principal).not.toHaveProperty('role');
    for (const name of [principal.tokenId, principal.sessionId, principal.keyId])
      expect(name).toMatch(/^foreign-[\w-]{43}$/);
    expect([Object.isFrozen(principal), Object.isFrozen(principal.claims)]).toEqual([true, true]);
  });

  // T-fi03
  it('is not checked where the route does not name the issuer', async () => {
    const { verdict, a } = await two();
    expect(await verdict(a.sign(claims()), [B])).toBe('not asked');
    expect(await verdict(a.sign(claims()), [])).toBe('not asked');
  });

  it('gets a different id per issuer, even if all its claims are equal', async () => {
    const { verify, a, b } = await two();
    const of = async (token: string) => (await verify(token)) as { principal: { tokenId: string } };
    const [first, second] = [await of(a.sign(claims())), await of(b.sign(claims({ iss: B })))];
    expect(first.principal.tokenId).not.toBe(second.principal.tokenId);
  });

  it('that was verified before costs no signature check, and is refused when it has expired or its key was removed', async () => {
    const { issuers, verdict, clock, a } = await two();
    const token = a.sign(claims());
    expect(issuers.remembered(token, [A])).toBeUndefined();
    await verdict(token);
    expect(issuers.remembered(token, [A])).toMatchObject({ kind: 'accepted' });
    expect(issuers.remembered(token, [B])).toBeUndefined();
    clock.seconds += 3_631;
    expect(issuers.remembered(token, [A])).toMatchObject({ reason: 'expired' });
    a.published = [];
    await verdict(
      a.sign(claims(), undefined, 'one').replace(/^[^.]+/, b64('{"alg":"ES384","kid":"x"}')),
    );
    expect(issuers.remembered(token, [A])).toBeUndefined();
  });

  // T-fi01
  it.each<[string, Record<string, unknown>, string]>([
    ['no aud', { aud: undefined }, 'audience_mismatch'],
    ['an empty list as aud', { aud: [] }, 'audience_mismatch'],
    ['aud of another', { aud: ['other'] }, 'audience_mismatch'],
    ['no sub', { sub: undefined }, 'claims_malformed'],
    ['a number as sub', { sub: 7 }, 'claims_malformed'],
    ['no iat', { iat: undefined }, 'claims_malformed'],
    ['no exp', { exp: undefined }, 'claims_malformed'],
    ['a text as exp', { exp: String(NOW + 60) }, 'claims_malformed'],
    ['an act that names nobody', { act: {} }, 'claims_malformed'],
    ['a list as jti', { jti: ['j'] }, 'claims_malformed'],
    ['a life of more than a day', { exp: NOW + 86_401 }, 'lifetime_refused'],
    ['exp before iat', { exp: NOW - 1 }, 'lifetime_refused'],
    ['iat in the future', { iat: NOW + 60 }, 'not_yet_valid'],
    ['nbf in the future', { nbf: NOW + 60 }, 'not_yet_valid'],
    ['nonce, as an ID token', { nonce: 'n' }, 'type_refused'],
    ['at_hash', { at_hash: 'h' }, 'type_refused'],
    ['c_hash', { c_hash: 'h' }, 'type_refused'],
    ['events, as a logout token', { events: {} }, 'type_refused'],
    ['cnf, bound to a key', { cnf: { jkt: 'x' } }, 'key_proof_missing'],
  ])('with %s is refused', async (_, changes, reason) => {
    const { verdict, a } = await two();
    expect(await verdict(a.sign(claims(changes)))).toBe(reason);
  });

  // T-fi02
  it.each<[string, Record<string, unknown>, string]>([
    ['a typ of dpop+jwt', { typ: 'dpop+jwt' }, 'type_refused'],
    ['a typ of logout+jwt', { typ: 'logout+jwt' }, 'type_refused'],
    ['a number as typ', { typ: 7 }, 'type_refused'],
    ['crit', { crit: ['exp'] }, 'header_refused'],
    ['jku', { jku: 'https://evil.example/jwks.json' }, 'header_refused'],
    ['jwk', { jwk: {} }, 'header_refused'],
    ['x5c', { x5c: ['MIIB'] }, 'header_refused'],
    ['no kid', { kid: undefined }, 'header_refused'],
    ['another algorithm of the same family', { alg: 'PS256' }, 'algorithm_mismatch'],
    ['alg none', { alg: 'none' }, 'algorithm_mismatch'],
  ])('with %s in the header is refused', async (_, header, reason) => {
    const { verdict, a } = await two();
    expect(await verdict(a.sign(claims(), header))).toBe(reason);
  });

  it('tells who acts as its subject', async () => {
    const { verify, a } = await two();
    const outcome = await verify(
      a.sign(claims({ act: { sub: 'service', act: { sub: 'first' } } })),
    );
    expect(outcome).toMatchObject({ principal: { id: 'u1', actor: { id: 'service' } } });
  });

  it('without jti and nbf, and with fractional times, is accepted', async () => {
    const { verdict, a } = await two();
    expect(await verdict(a.sign(claims({ jti: undefined, iat: NOW - 0.5, exp: NOW + 60.5 })))).toBe(
      'accepted',
    );
  });

  it.each<[string, TrustedIssuerOptions['principal']]>([
    ['returns undefined', () => undefined],
    [
      'throws',
      () => {
        throw new Error('x');
      },
    ],
    ['gives no id', () => ({ id: '' })],
    ['gives a list as role', () => ({ id: 'u', role: ['a'] as unknown as string })],
  ])('is refused where the principal function %s', async (_, principal) => {
    const { verdict, a } = await two({ principal });
    expect(await verdict(a.sign(claims()))).toBe('claims_malformed');
  });
});

describe('between issuers', () => {
  // T-smj9
  it('a key of one issuer does not verify a token that names another', async () => {
    const { verdict, a, b } = await two();
    // both issuers use the same kid
    expect(await verdict(b.sign(claims({ iss: A })))).toBe('algorithm_mismatch');
    expect(await verdict(b.sign(claims({ iss: A }), { alg: 'ES384' }))).toBe('signature_mismatch');
    expect(await verdict(a.sign(claims({ iss: B }), { alg: 'ES256' }))).toBe('signature_mismatch');
    b.addKey('only-b');
    expect(await verdict(b.sign(claims({ iss: A }), {}, 'only-b'))).toBe('key_unknown');
  });

  it('a public key is never used as a secret', async () => {
    const { verdict, a } = await two();
    const input = `${b64(JSON.stringify({ alg: 'HS256', kid: 'one', typ: 'JWT' }))}.${b64(JSON.stringify(claims()))}`;
    const mac = createHmac('sha256', JSON.stringify(a.published[0])).update(input).digest();
    expect(await verdict(`${input}.${b64(mac)}`)).toBe('algorithm_mismatch');
  });

  it('a token without an issuer, or with ours, is not checked against trusted issuers', async () => {
    const { verdict, a } = await two();
    for (const iss of [OURS, undefined, `${A}/`, A.toUpperCase(), ['https://a.example']])
      expect(await verdict(a.sign(claims({ iss })))).toBe('not asked');
  });
});

describe('the keys of a trusted issuer', () => {
  it('may have no alg: only the first algorithm that fits is used', async () => {
    const source = new ForeignIssuer('RS256');
    source.published = source.published.map(({ alg: _alg, ...members }) => members);
    const { verdict, issuers } = await trusting(
      entry(A, source),
      entry(B, source, { algorithms: ['ES256', 'PS256'] }),
    );
    stops.push(() => issuers.onApplicationShutdown());
    expect(await verdict(source.sign(claims()))).toBe('accepted');
    expect(await verdict(source.sign(claims({ iss: B })))).toBe('algorithm_mismatch');
  });

  it('of an algorithm that is not listed do not verify a token', async () => {
    const source = new ForeignIssuer('RS256');
    const { verdict, issuers } = await trusting(entry(A, source, { algorithms: ['ES256'] }));
    stops.push(() => issuers.onApplicationShutdown());
    expect(await verdict(source.sign(claims()))).toBe('key_unknown');
  });

  it('may change at any time: a request with a new key waits for a fetch and is accepted, and fetches stay few', async () => {
    const { verdict, a } = await two();
    const began = a.fetches;
    const unknown = (n: number) =>
      forge({ alg: 'ES384', kid: `k${String(n)}` }, claims(), makeKey('ES384').privateKey, 'ES384');
    const junk = unknown(0);
    const first = await Promise.all(Array.from({ length: 20 }, () => verdict(junk)));
    expect([new Set(first), a.fetches - began]).toEqual([new Set(['key_unknown']), 1]);
    // in the cool-down: the keys change while other requests still use unknown keys
    a.addKey('two');
    const load = Array.from({ length: 20 }, () => verdict(junk));
    const fresh = Array.from({ length: 20 }, (_, n) =>
      verdict(a.sign(claims({ jti: `n${String(n)}` }), {}, 'two')),
    );

    expect(new Set(await Promise.all(fresh))).toEqual(new Set(['accepted']));
    expect([new Set(await Promise.all(load)), a.fetches - began]).toEqual([
      new Set(['key_unknown']),
      2,
    ]);
  });

  it('that cannot be fetched cause 503, and known keys still work', async () => {
    const { verdict, a } = await two();
    const token = a.sign(claims());
    a.addKey('two');
    a.isUp = false;
    await expect(verdict(a.sign(claims(), {}, 'two'))).rejects.toMatchObject({
      reason: 'unavailable',
    });
    expect(await verdict(token)).toBe('accepted');
  });
});
