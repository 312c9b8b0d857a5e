import { describe, expect, it } from '@jest/globals';
import {
  b64,
  forge,
  goodClaims,
  makeBench,
  NOW,
  rawSignature,
  refused,
} from '../tokens/forge.fixture.js';
import {
  ADMIN_CLAIMS,
  bench,
  CLAIMS,
  old,
  OLD_SECRET,
  oldAdmin,
  oldRsa,
  own,
  ownKey,
  pem,
} from './legacy.fixture.js';

const { verifier, clock } = bench();
const ownPem = ownKey.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const unsigned = `${b64('{"alg":"none","typ":"JWT"}')}.${b64(JSON.stringify(CLAIMS))}.`;
const text = (header: string) => `${b64(header)}.${b64(JSON.stringify(CLAIMS))}`;
const signText = (input: string) => `${input}.${b64(rawSignature('HS256', OLD_SECRET, input))}`;

const ATTACKS: Readonly<Record<string, readonly (readonly [name: string, token: string])[]>> = {
  malformed: [
    ['none', unsigned],
    ['alg twice', signText(text('{"alg":"none","alg":"HS256","typ":"JWT"}'))],
    ['padding', `${old()}=`],
  ],
  algorithm_mismatch: [
    ['none with a right signature', old({}, { alg: 'none' })],
    ['HS512 of the same secret', forge({ alg: 'HS512', typ: 'JWT' }, CLAIMS, OLD_SECRET, 'HS512')],
    [
      'the old public key as an HMAC secret, under its kid',
      forge({ alg: 'HS256', typ: 'JWT', kid: 'k1' }, ADMIN_CLAIMS, pem, 'HS256'),
    ],
    [
      'the old secret for a token that says at+jwt',
      forge({ alg: 'HS256', typ: 'at+jwt', kid: 'main' }, goodClaims(), OLD_SECRET, 'HS256'),
    ],
    ['a kid where there was none', old({}, { kid: 'k1' })],
    ['no kid where there was one', oldAdmin({}, { kid: undefined })],
  ],
  signature_mismatch: [
    [
      'the old public key as an HMAC secret',
      forge({ alg: 'HS256', typ: 'JWT' }, CLAIMS, pem, 'HS256'),
    ],
    [
      'our public key as an HMAC secret',
      forge({ alg: 'HS256', typ: 'JWT' }, CLAIMS, ownPem, 'HS256'),
    ],
    ['an empty secret', old({}, {}, '')],
  ],
  key_unknown: [
    [
      'the old secret for at+jwt under the name of its entry',
      forge({ alg: 'HS256', typ: 'at+jwt', kid: 'legacy:shop' }, goodClaims(), OLD_SECRET, 'HS256'),
    ],
    [
      'the old key pair for at+jwt under its kid',
      forge({ alg: 'RS256', typ: 'at+jwt', kid: 'k1' }, goodClaims(), oldRsa.privateKey, 'RS256'),
    ],
    [
      'our own key for a token of the old kind',
      forge(
        { alg: 'RS256', typ: 'JWT', kid: 'main' },
        { ...ADMIN_CLAIMS },
        ownKey.privateKey,
        'RS256',
      ),
    ],
    ['our own token as an old one', own({ typ: 'JWT' })],
    ['our own token without typ', own({ typ: undefined })],
    ['an unknown kid', old({}, { kid: 'k2' })],
    ['a kid of the prototype', oldAdmin({}, { kid: '__proto__' })],
  ],
  type_refused: [
    ['application/jwt', old({}, { typ: 'application/jwt' })],
    ['typ a list', old({}, { typ: ['JWT'] })],
    ['an id token', old({}, { typ: 'id+jwt' })],
  ],
  header_refused: [
    ...Object.entries({
      jwk: {},
      jku: 'https://evil.example',
      x5u: 'x',
      x5c: ['MII'],
      crit: ['exp'],
      b64: false,
      zip: 'DEF',
    }).map(([name, value]) => [name, old({}, { [name]: value })] as const),
  ],
  issuer_mismatch: [
    ['an issuer where there was none', old({ iss: 'https://old.example' })],
    ['the other issuer', oldAdmin({ iss: 'https://evil.example' })],
    ['no issuer', oldAdmin({ iss: undefined })],
    ['our issuer', oldAdmin({ iss: 'https://issuer.example' })],
  ],
  audience_mismatch: [
    ['an audience where there was none', old({ aud: 'old-api' })],
    ['the other audience', oldAdmin({ aud: 'api' })],
    ['no audience', oldAdmin({ aud: undefined })],
    ['an audience that is not text', oldAdmin({ aud: { 0: 'old-api' } })],
  ],
  claims_malformed: [
    ['no exp', old({ exp: undefined })],
    ['no iat', old({ iat: undefined })],
    ['no iat, but nbf', old({ iat: undefined, nbf: NOW })],
    ['nbf as text', old({ nbf: String(NOW) })],
    ['exp as text', old({ exp: String(NOW + 60) })],
    ['no sub', old({ sub: undefined })],
    ['an empty sub', old({ sub: '' })],
    ['a sub that is an object', old({ sub: { id: 1 } })],
    ['a hook that refuses', oldAdmin({ userId: undefined })],
    ['a hook that throws', oldAdmin({ roles: null })],
    ['a hook that gives no text', oldAdmin({ roles: [7] })],
  ],
  lifetime_refused: [
    ['a lifetime above the limit', old({ exp: NOW + 86_401 })],
    ['exp before iat', old({ exp: NOW - 1 })],
  ],
  expired: [['expired', old({ iat: NOW - 3600, exp: NOW - 31 })]],
  not_yet_valid: [
    ['not yet valid', old({ nbf: NOW + 60 })],
    ['issued in the future', old({ iat: NOW + 60 })],
  ],
};

describe('forged old tokens', () => {
  describe.each(Object.entries(ATTACKS))('%s', (reason, rows) => {
    it.each(rows)('%s', (_name, token) => {
      clock.ms = NOW * 1000;
      expect(verifier.verify(token)).toEqual(refused(reason));
      expect(verifier.verify(token)).toEqual(refused(reason));
    });
  });

  it('without the option every old token is refused', () => {
    const { verifier: plain } = makeBench({ privateKey: ownKey.privateKey, keyId: 'main' });
    expect(plain.verify(old())).toEqual(refused('type_refused'));
    expect(plain.verify(oldAdmin())).toEqual(refused('type_refused'));
  });
});
