import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AUDIENCE, forge, goodClaims, ISSUER, makeBench, NOW } from './forge.fixture.js';

const secret = randomBytes(64);
const keys = { algorithm: 'HS256', secret, keyId: 'main' } as const;
const token = (payload: Record<string, unknown> | string) =>
  forge({ alg: 'HS256', kid: 'main', typ: 'at+jwt' }, payload, secret, 'HS256');
const verify = (changes: Record<string, unknown>) =>
  makeBench(keys).verifier.verify(token(goodClaims(changes)));
const refusal = (reason: string) => ({ kind: 'refused', reason });

describe('claims', () => {
  it('accepts the control', () => {
    expect(verify({})).toMatchObject({
      kind: 'accepted',
      principal: {
        id: 'user-1',
        sessionId: 'session-1',
        keyId: 'main',
        tokenVersion: 1,
        permissions: [],
        claims: {},
      },
    });
    expect(
      verify({
        role: 'admin',
        permissions: ['a'],
        auth_time: NOW - 5,
        amr: ['pwd'],
        plan: 'pro',
        bound: 'dbsc',
        act: { sub: 'a' },
      }),
    ).toMatchObject({
      principal: {
        role: 'admin',
        permissions: ['a'],
        authTime: NOW - 5,
        amr: ['pwd'],
        bound: 'dbsc',
        actor: { id: 'a' },
        claims: { plan: 'pro' },
      },
    });
  });

  it.each(['pending+jwt', 'PENDING+JWT'])(
    'a token of the type %s is refused, unless the caller proves the key itself',
    (typ) => {
      const { verifier } = makeBench(keys);
      const pending = forge({ alg: 'HS256', kid: 'main', typ }, goodClaims(), secret, 'HS256');
      const isOurs = typ === 'pending+jwt';
      for (const _ of ['verified', 'remembered'])
        expect(verifier.verify(pending)).toEqual(refusal(isOurs ? 'key_due' : 'type_refused'));
      expect(verifier.verify(pending, { keyBound: 'told' })).toMatchObject(
        isOurs ? { kind: 'accepted', pending: true } : refusal('type_refused'),
      );
    },
  );

  const required = ['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'nbf', 'exp', 'tokenVersion'];
  // T-jgck
  it.each(required)('%s missing', (name) => {
    expect(verify({ [name]: undefined })).toEqual(refusal('claims_malformed'));
  });

  it.each(required)('%s null, boolean or object', (name) => {
    for (const value of [null, true, {}, []])
      expect(verify({ [name]: value }).kind).toBe('refused');
  });

  it.each(['iat', 'nbf', 'exp', 'tokenVersion'])('%s is a whole number', (name) => {
    const right = Number(goodClaims()[name]);
    for (const value of [String(right), right + 0.5, [right], Number.MAX_SAFE_INTEGER + 1]) {
      expect(verify({ [name]: value })).toEqual(refusal('claims_malformed'));
    }
    const text = JSON.stringify(goodClaims()).replace(`"${name}":${right}`, `"${name}":1e400`);
    expect(makeBench(keys).verifier.verify(token(text))).toEqual(refusal('claims_malformed'));
    const nan = JSON.stringify(goodClaims()).replace(`"${name}":${right}`, `"${name}":NaN`);
    expect(makeBench(keys).verifier.verify(token(nan))).toEqual(refusal('malformed'));
  });

  // T-c4mr
  it.each<[string, Record<string, unknown>, string]>([
    ['tokenVersion 0', { tokenVersion: 0 }, 'claims_malformed'],
    ['tokenVersion that no store holds', { tokenVersion: 2 ** 31 }, 'claims_malformed'],
    ['sub that no store holds', { sub: 'a\0' }, 'claims_malformed'],
    ['sid that no store holds', { sid: 'a\0' }, 'claims_malformed'],
    ['jti that no store holds', { jti: 'a\0' }, 'claims_malformed'],
    ['tokenVersion below 0', { tokenVersion: -1 }, 'claims_malformed'],
    ['sub empty', { sub: '' }, 'claims_malformed'],
    ['sid empty', { sid: '' }, 'claims_malformed'],
    ['jti empty', { jti: '' }, 'claims_malformed'],
    ['sub a number', { sub: 7 }, 'claims_malformed'],
    ['role a list', { role: ['admin'] }, 'claims_malformed'],
    ['role null', { role: null }, 'claims_malformed'],
    ['permissions a string', { permissions: 'a b' }, 'claims_malformed'],
    ['permissions of numbers', { permissions: ['a', 1] }, 'claims_malformed'],
    ['auth_time text', { auth_time: String(NOW) }, 'claims_malformed'],
    ['auth_time fractional', { auth_time: NOW + 0.1 }, 'claims_malformed'],
    ['auth_time in the future', { auth_time: NOW + 31 }, 'not_yet_valid'],
    ['auth_time negative', { auth_time: -1 }, 'claims_malformed'],
    ['amr text', { amr: 'pwd' }, 'claims_malformed'],
    ['amr null', { amr: null }, 'claims_malformed'],
    ['amr an object', { amr: { 0: 'pwd' } }, 'claims_malformed'],
    ['amr of numbers', { amr: ['pwd', 1] }, 'claims_malformed'],
    ['act text', { act: 'u2' }, 'claims_malformed'],
    ['act null', { act: null }, 'claims_malformed'],
    ['act a list', { act: ['u2'] }, 'claims_malformed'],
    ['act of nobody', { act: {} }, 'claims_malformed'],
    ['act of an empty name', { act: { sub: '' } }, 'claims_malformed'],
    ['act of a number', { act: { sub: 2 } }, 'claims_malformed'],
    ['iat negative', { iat: -1 }, 'claims_malformed'],
    ['nbf negative', { nbf: -1 }, 'claims_malformed'],
    ['exp negative', { iat: -900, nbf: -900, exp: -1 }, 'claims_malformed'],
    ['bound to what nobody knows', { bound: 'tls' }, 'claims_malformed'],
    ['cnf with a thumbprint', { cnf: { jkt: 'k'.repeat(43) } }, 'key_bound'],
    ['cnf with another text', { cnf: { jkt: 'k' } }, 'claims_malformed'],
    ['cnf of another method', { cnf: { 'x5t#S256': 'k'.repeat(43) } }, 'claims_malformed'],
    ['cnf of two methods', { cnf: { jkt: 'k'.repeat(43), jwk: {} } }, 'claims_malformed'],
    ['cnf null', { cnf: null }, 'claims_malformed'],
    ['cnf with a character more', { cnf: { jkt: 'k'.repeat(44) } }, 'claims_malformed'],
    ['cnf with a blank before', { cnf: { jkt: ` ${'k'.repeat(43)}` } }, 'claims_malformed'],
    ['cnf with a list of one text', { cnf: { jkt: ['k'.repeat(43)] } }, 'claims_malformed'],
    ['jti of 129 characters', { jti: 'j'.repeat(129) }, 'claims_malformed'],
    ['iss of another', { iss: 'https://other.example' }, 'issuer_mismatch'],
    ['iss with a slash', { iss: `${ISSUER}/` }, 'issuer_mismatch'],
    ['iss a list', { iss: [ISSUER] }, 'claims_malformed'],
    ['aud of another', { aud: 'web' }, 'audience_mismatch'],
    ['aud a longer word', { aud: `${AUDIENCE}2` }, 'audience_mismatch'],
    ['aud two words', { aud: `${AUDIENCE} web` }, 'audience_mismatch'],
    ['aud a list without ours', { aud: ['web', 'mobile'] }, 'audience_mismatch'],
    ['aud an empty list', { aud: [] }, 'audience_mismatch'],
    ['aud a list in a list', { aud: [[AUDIENCE]] }, 'claims_malformed'],
    ['aud a list with ours and a number', { aud: [AUDIENCE, 1] }, 'claims_malformed'],
    ['exp equals iat', { exp: NOW }, 'lifetime_refused'],
    ['exp before iat', { exp: NOW - 1 }, 'lifetime_refused'],
    ['a lifetime of 1 h and 1 s', { exp: NOW + 3601 }, 'lifetime_refused'],
    // T-g2bs
    ['iat in the future', { iat: NOW + 31, nbf: NOW, exp: NOW + 900 }, 'not_yet_valid'],
    // T-h8bd
    ['nbf in the future', { nbf: NOW + 31 }, 'not_yet_valid'],
    // T-r5sr
    ['expired beyond the tolerance', { iat: NOW - 100, nbf: NOW - 100, exp: NOW - 30 }, 'expired'],
  ])('%s', (_name, changes, reason) => {
    expect(verify(changes)).toEqual(refusal(reason));
  });

  it.each<[string, Record<string, unknown>]>([
    ['aud a list that holds ours', { aud: ['web', AUDIENCE] }],
    ['a lifetime of 1 h', { exp: NOW + 3600 }],
    ['iat within the tolerance', { iat: NOW + 30, nbf: NOW + 30 }],
    ['expired within the tolerance', { iat: NOW - 100, nbf: NOW - 100, exp: NOW - 29 }],
    ['auth_time within the tolerance', { auth_time: NOW + 30 }],
    ['a jti of one character', { jti: 'j' }],
    ['a jti of 128 characters', { jti: 'j'.repeat(128) }],
    ['nbf 0', { nbf: 0 }],
    ['the greatest tokenVersion of a store', { tokenVersion: 2 ** 31 - 1 }],
    ['a session that is bound by DPoP at its refreshes', { bound: 'dpop' }],
    ['numbers written with an exponent', { exp: 1.8e9 + 60 }],
  ])('accepts %s', (_name, changes) => {
    expect(verify(changes).kind).toBe('accepted');
  });

  it('a token without amr leaves the method unknown', () => {
    const outcome = verify({ auth_time: NOW });
    expect(outcome.kind === 'accepted' && 'amr' in outcome.principal).toBe(false);
  });

  // T-xd9h
  it('one matching audience of several is enough', () => {
    const { verifier } = makeBench(keys, {}, ['api', 'admin']);
    expect(verifier.verify(token(goodClaims({ aud: 'admin' }))).kind).toBe('accepted');
    expect(verifier.verify(token(goodClaims({ aud: 'web' }))).kind).toBe('refused');
  });

  // T-tgxn
  it('the tolerance has the configured value, to the millisecond', () => {
    const { verifier, clock } = makeBench(keys, { clockToleranceSeconds: 0 });
    clock.ms = (NOW + 900) * 1000 - 1;
    expect(verifier.verify(token(goodClaims())).kind).toBe('accepted');
    clock.ms += 1;
    expect(verifier.verify(token(goodClaims()))).toEqual(refusal('expired'));
    clock.ms = NOW * 1000 - 1;
    expect(verifier.verify(token(goodClaims()))).toEqual(refusal('not_yet_valid'));
  });

  it('only expiry can be ignored, for logout', () => {
    const { verifier, clock } = makeBench(keys);
    clock.ms += 10 * 86_400_000;
    expect(verifier.verify(token(goodClaims())).kind).toBe('refused');
    expect(verifier.verify(token(goodClaims()), { expiry: 'ignored' }).kind).toBe('accepted');
    expect(verifier.verify(token(goodClaims({ iss: 'x' })), { expiry: 'ignored' }).kind).toBe(
      'refused',
    );
    expect(
      verifier.verify(token(goodClaims({ nbf: NOW + 20 * 86_400 })), { expiry: 'ignored' }).kind,
    ).toBe('refused');
    expect(
      verifier.verify(token(goodClaims({ exp: NOW + 7200 })), { expiry: 'ignored' }).kind,
    ).toBe('refused');
  });

  // T-pr7t
  it('a polluted prototype does not supply missing claims', () => {
    const prototype = Object.prototype as Record<string, unknown>;
    Object.assign(prototype, { sid: 'polluted', role: 'admin' });
    try {
      expect(verify({ sid: undefined })).toEqual(refusal('claims_malformed'));
      const outcome = verify({});
      expect(outcome.kind === 'accepted' && Object.hasOwn(outcome.principal, 'role')).toBe(false);
    } finally {
      delete prototype.sid;
      delete prototype.role;
    }
  });
});
