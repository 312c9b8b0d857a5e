import { describe, expect, it } from '@jest/globals';
import { AUDIENCE, goodClaims, ISSUER, NOW } from './claims.fixture.js';
import {
  checkClaims,
  checkHeader,
  checkTimes,
  type VerificationRules,
} from './verification-policy.js';

const rules: VerificationRules = {
  issuer: ISSUER,
  audiences: [AUDIENCE],
  clockToleranceSeconds: 30,
};
const refusal = (reason: string) => ({ kind: 'refused', reason });
/** The claims as JSON gives them: what is undefined is not there. */
const claimsOf = (changes: Record<string, unknown>) =>
  JSON.parse(JSON.stringify(goodClaims(changes))) as Record<string, unknown>;
const verify = (changes: Record<string, unknown>, more: Partial<VerificationRules> = {}) =>
  checkClaims(claimsOf(changes), { ...rules, ...more }, NOW * 1000, 'enforced');

describe('claims', () => {
  it('are read as they are, and nothing else is', () => {
    const more = {
      role: 'admin',
      permissions: ['a'],
      auth_time: NOW - 5,
      amr: ['pwd'],
      bound: 'dbsc',
      cnf: { jkt: 'k'.repeat(43) },
    };
    const claims = { ...goodClaims(more), act: { sub: 'boss' } };
    const given = { ...more, act: { sub: 'boss', act: { sub: 'another' } }, plan: 'pro' };
    expect(verify(given)).toEqual({ kind: 'accepted', claims });
    expect(verify({})).toEqual({ kind: 'accepted', claims: goodClaims() });
  });

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

  it.each<[string, Record<string, unknown>]>([
    ['bound by a browser', { bound: 'dbsc' }],
    ['auth_time 0', { auth_time: 0 }],
    [
      'a thumbprint of every character',
      { cnf: { jkt: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN-_0' } },
    ],
    ['several audiences as text and list', { aud: [AUDIENCE, AUDIENCE] }],
  ])('accepts %s, too', (_name, changes) => {
    expect(verify(changes).kind).toBe('accepted');
  });

  it('are those of a tenant, where the issuer has tenants', () => {
    const tenants = new Map([['https://acme.example', 'acme']]);
    expect(verify({ iss: 'https://acme.example' }, { tenants }).kind).toBe('accepted');
    expect(verify({}, { tenants }).kind).toBe('accepted');
    expect(verify({ iss: 'https://other.example' }, { tenants })).toEqual(
      refusal('issuer_mismatch'),
    );
  });

  it('name one of several audiences', () => {
    const audiences = ['web', AUDIENCE];
    expect(verify({ aud: ['x', 'web'] }, { audiences }).kind).toBe('accepted');
    expect(verify({ aud: ['x', 'y'] }, { audiences })).toEqual(refusal('audience_mismatch'));
  });
});

describe('times', () => {
  const times = (now: number, expiry: 'enforced' | 'ignored', claims: object = {}) =>
    checkTimes(
      { iat: NOW, nbf: NOW, exp: NOW + 900, ...claims },
      { clockToleranceSeconds: 30 },
      (NOW + now) * 1000,
      expiry,
    );

  it.each<[string, number, object, string | undefined]>([
    ['before the tolerance', -30.001, {}, 'not_yet_valid'],
    ['at the tolerance', -30, {}, undefined],
    ['before nbf alone', -30.001, { iat: 0 }, 'not_yet_valid'],
    ['before iat alone', -30.001, { nbf: 0 }, 'not_yet_valid'],
    ['before auth_time', 0, { auth_time: NOW + 31 }, 'not_yet_valid'],
    ['at auth_time and the tolerance', 0, { auth_time: NOW + 30 }, undefined],
    ['a moment before the end', 929.999, {}, undefined],
    ['at the end', 930, {}, 'expired'],
  ])('%s', (_, now, claims, reason) => {
    expect(times(now, 'enforced', claims)).toEqual(reason && refusal(reason));
  });

  it('for a logout only the end does not count', () => {
    expect(times(1e6, 'ignored')).toBeUndefined();
    expect(times(-31, 'ignored')).toEqual(refusal('not_yet_valid'));
  });
});

describe('the header', () => {
  const header = { alg: 'RS256', kid: 'main', typ: 'at+jwt' };
  it.each(['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+jwt'])(
    'may have typ %s',
    (typ) => {
      const checked = { kind: 'accepted', kid: 'main', alg: 'RS256', pending: false };
      expect(checkHeader({ ...header, typ, x: 1 })).toEqual(checked);
    },
  );

  it('says that the session waits for its key', () => {
    expect(checkHeader({ ...header, typ: 'pending+jwt' })).toMatchObject({ pending: true });
    expect(checkHeader({ ...header, typ: 'PENDING+JWT' })).toEqual(refusal('type_refused'));
  });

  it.each<[string, object, string]>([
    ...['crit', 'b64', 'zip', 'jwk', 'jku', 'x5c', 'x5u'].map((name): [string, object, string] => [
      `${name} null`,
      { [name]: null },
      'header_refused',
    ]),
    ['typ JWT', { typ: 'JWT' }, 'type_refused'],
    ['typ of the prototype', Object.create({ typ: 'at+jwt' }) as object, 'type_refused'],
    ['no typ', { typ: undefined }, 'type_refused'],
    ['typ a list', { typ: ['at+jwt'] }, 'type_refused'],
    ['no kid', { kid: undefined }, 'key_unknown'],
    ['kid a number', { kid: 7 }, 'key_unknown'],
    ['no alg', { alg: undefined }, 'algorithm_mismatch'],
    ['alg a list', { alg: ['RS256'] }, 'algorithm_mismatch'],
  ])('is refused with %s', (name, changes, reason) => {
    const given = name.includes('prototype') ? changes : { ...header, ...changes };
    expect(checkHeader(given as Record<string, unknown>)).toEqual(refusal(reason));
  });
});
