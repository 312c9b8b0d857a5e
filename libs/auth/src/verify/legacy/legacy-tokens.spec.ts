import { describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { type KeyObject, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type LegacyIssuerOptions } from '../../options/legacy-options.js';
import { resolveOptions } from '../../options/resolve-options.js';
import {
  type AccessTokenSettings,
  b64,
  forge,
  goodClaims,
  makeBench,
  makeKey,
  NOW,
  rawSignature,
} from '../tokens/forge.fixture.js';

const resolveLegacy = (legacy: readonly LegacyIssuerOptions[]) =>
  resolveOptions(
    { issuer: 'https://issuer.example', audience: 'api', keys: {}, accessToken: { legacy } },
    false,
  ).accessToken.legacy;
const OLD_SECRET = 'the old secret of the shop, 32 bytes and more';
const UNTIL = (NOW + 7 * 86_400) * 1000;
const ownKey = makeKey('RS256');
const oldRsa = makeKey('RS256');
const SHOP: LegacyIssuerOptions = {
  name: 'shop',
  algorithm: 'HS256',
  key: OLD_SECRET,
  acceptUntil: new Date(UNTIL),
};
const ADMIN: LegacyIssuerOptions = {
  name: 'admin.2024',
  issuer: 'https://old.example',
  audience: ['old-api', 'old-admin'],
  keyId: 'k1',
  algorithm: 'RS256',
  key: oldRsa.publicKey,
  acceptUntil: new Date(UNTIL).toISOString(),
  maxLifetime: '7d',
  principal: ({ userId, roles }) =>
    typeof userId === 'string' ? { id: userId, role: (roles as string[])[0] } : undefined,
};
const bench = (legacy: readonly LegacyIssuerOptions[] = [SHOP, ADMIN], settings: AccessTokenSettings = {}) =>
  makeBench({ privateKey: ownKey.privateKey, keyId: 'main' }, { legacy: resolveLegacy(legacy), ...settings });
const { verifier, clock } = bench();

const CLAIMS = { sub: 42, iat: NOW, exp: NOW + 86_400 };
const old = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, key = OLD_SECRET) =>
  forge({ alg: 'HS256', typ: 'JWT', ...header }, { ...CLAIMS, ...claims }, key, 'HS256');
const ADMIN_CLAIMS = {
  userId: 'u-7',
  roles: ['editor'],
  iss: 'https://old.example',
  aud: 'old-api',
  iat: NOW,
  exp: NOW + 7 * 86_400,
};
const oldAdmin = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  forge(
    { alg: 'RS256', typ: 'JWT', kid: 'k1', ...header },
    { ...ADMIN_CLAIMS, ...claims },
    oldRsa.privateKey,
    'RS256',
  );
const own = (header: Record<string, unknown> = {}) =>
  forge({ alg: 'RS256', kid: 'main', typ: 'at+jwt', ...header }, goodClaims(), ownKey.privateKey, 'RS256');

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The same token with the other signature of its text: (r, n − s). */
function twinOf(token: string): string {
  const [header, payload, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = P256_ORDER - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
  return `${header}.${payload}.${twin.toString('base64url')}`;
}

describe('an old token', () => {
  it('of JwtModule as the guides show it is accepted, without rights it did not bring', () => {
    const token = new JwtService({ secret: OLD_SECRET, signOptions: { expiresIn: '1d' } }).sign({
      username: 'ada',
      sub: 42,
      iat: NOW,
    });
    expect(verifier.verify(token)).toEqual({
      kind: 'accepted',
      principal: {
        kind: 'user',
        id: '42',
        legacy: 'shop',
        keyId: 'legacy:shop',
        tokenVersion: 0,
        permissions: [],
        issuedAt: NOW,
        expiresAt: NOW + 86_400,
        claims: {},
        tokenId: expect.stringMatching(/^legacy-[\w-]{43}$/),
        sessionId: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/),
      },
    });
  });

  it('of a second issuer goes by its own key, algorithm, audience and hook', () => {
    expect(verifier.verify(oldAdmin())).toMatchObject({
      kind: 'accepted',
      principal: { id: 'u-7', role: 'editor', legacy: 'admin.2024', keyId: 'legacy:admin.2024' },
    });
    expect(verifier.verify(oldAdmin({ aud: ['other', 'old-admin'] })).kind).toBe('accepted');
  });

  // T-p49r
  it('has one name, whichever of its signatures comes with it: the twin of an EC signature, another of PSS', () => {
    const [ec, pss] = [makeKey('ES256'), makeKey('PS256')];
    const ecIssuer: LegacyIssuerOptions = { ...SHOP, name: 'ec', algorithm: 'ES256', key: ec.publicKey };
    const pssIssuer: LegacyIssuerOptions = { ...SHOP, name: 'pss', algorithm: 'PS256', key: pss.publicKey };
    const named = bench([ecIssuer, pssIssuer]).verifier;
    const nameOf = (token: string) => {
      const outcome = named.verify(token);
      return outcome.kind === 'accepted' ? outcome.principal.tokenId : outcome.reason;
    };
    const signed = (alg: 'ES256' | 'PS256', key: KeyObject) => forge({ alg, typ: 'JWT' }, CLAIMS, key, alg);

    const token = signed('ES256', ec.privateKey);
    expect(nameOf(token)).toMatch(/^legacy-/);
    expect(nameOf(twinOf(token))).toBe(nameOf(token));
    expect(twinOf(token)).not.toBe(token);
    const [one, other] = [signed('PS256', pss.privateKey), signed('PS256', pss.privateKey)];
    expect(one).not.toBe(other);
    expect(nameOf(one)).toBe(nameOf(other));
    expect(nameOf(one)).toMatch(/^legacy-/);
  });

  it('may have fractions in its dates, which are rounded to what accepts less', () => {
    const fractional = { iat: NOW - 0.5, nbf: NOW + 29.5, exp: NOW + 100.9 };
    expect(verifier.verify(old(fractional))).toMatchObject({
      kind: 'accepted',
      principal: { issuedAt: NOW - 1, expiresAt: NOW + 100 },
    });
    expect(verifier.verify(old({ ...fractional, nbf: NOW + 30.5 })).kind).toBe('refused');
  });

  it('stands beside Tokenward’s own, which know nothing of it', () => {
    expect(verifier.verify(own())).toMatchObject({ kind: 'accepted', principal: { tokenVersion: 1 } });
    expect(verifier.verify(old({}, { typ: undefined })).kind).toBe('accepted');
  });

  it('is refused from the end date on, to the millisecond, remembered or not, for logout too', () => {
    const own = bench();
    const long = oldAdmin({ exp: NOW + 7 * 86_400 - 1, iat: NOW - 1 });
    const token = oldAdmin();
    own.clock.ms = UNTIL - 1;
    expect(own.verifier.verify(token)).toMatchObject({
      kind: 'accepted',
      principal: { expiresAt: UNTIL / 1000 },
    });
    own.clock.ms = UNTIL;
    for (const each of [token, long, old({ iat: UNTIL / 1000, exp: UNTIL / 1000 + 60 })]) {
      expect(own.verifier.verify(each)).toEqual({ kind: 'refused', reason: 'expired' });
      expect(own.verifier.verify(each, { expiry: 'ignored' })).toEqual({
        kind: 'refused',
        reason: 'expired',
      });
    }
  });

  it('is held to the schema of the host’s claims', () => {
    const schema = { claimsSchema: z.object({ tenant: z.string() }) };
    const given: LegacyIssuerOptions = {
      ...SHOP,
      principal: ({ sub, tenant }) => ({ id: String(sub), claims: { tenant } }),
    };
    expect(bench([given], schema).verifier.verify(old({ tenant: 't1' }))).toMatchObject({
      principal: { claims: { tenant: 't1' } },
    });
    expect(bench([given], schema).verifier.verify(old())).toEqual({
      kind: 'refused',
      reason: 'custom_claims_refused',
    });
    expect(bench([SHOP], schema).verifier.verify(old())).toEqual({
      kind: 'refused',
      reason: 'custom_claims_refused',
    });
  });
});

const pem = oldRsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const ownPem = ownKey.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const unsigned = `${b64('{"alg":"none","typ":"JWT"}')}.${b64(JSON.stringify(CLAIMS))}.`;
const text = (header: string) => `${b64(header)}.${b64(JSON.stringify(CLAIMS))}`;
const signText = (input: string) => `${input}.${b64(rawSignature('HS256', OLD_SECRET, input))}`;

const ATTACKS: readonly (readonly [name: string, token: string, reason: string])[] = [
  ['none', unsigned, 'malformed'],
  ['none with a right signature', old({}, { alg: 'none' }), 'algorithm_mismatch'],
  [
    'HS512 of the same secret',
    forge({ alg: 'HS512', typ: 'JWT' }, CLAIMS, OLD_SECRET, 'HS512'),
    'algorithm_mismatch',
  ],
  [
    'the old public key as an HMAC secret',
    forge({ alg: 'HS256', typ: 'JWT' }, CLAIMS, pem, 'HS256'),
    'signature_mismatch',
  ],
  [
    'the old public key as an HMAC secret, under its kid',
    forge({ alg: 'HS256', typ: 'JWT', kid: 'k1' }, ADMIN_CLAIMS, pem, 'HS256'),
    'algorithm_mismatch',
  ],
  [
    'our public key as an HMAC secret',
    forge({ alg: 'HS256', typ: 'JWT' }, CLAIMS, ownPem, 'HS256'),
    'signature_mismatch',
  ],
  ['an empty secret', old({}, {}, ''), 'signature_mismatch'],
  [
    'the old secret for a token that says at+jwt',
    forge({ alg: 'HS256', typ: 'at+jwt', kid: 'main' }, goodClaims(), OLD_SECRET, 'HS256'),
    'algorithm_mismatch',
  ],
  [
    'the old secret for at+jwt under the name of its entry',
    forge({ alg: 'HS256', typ: 'at+jwt', kid: 'legacy:shop' }, goodClaims(), OLD_SECRET, 'HS256'),
    'key_unknown',
  ],
  [
    'the old key pair for at+jwt under its kid',
    forge({ alg: 'RS256', typ: 'at+jwt', kid: 'k1' }, goodClaims(), oldRsa.privateKey, 'RS256'),
    'key_unknown',
  ],
  [
    'our own key for a token of the old kind',
    forge({ alg: 'RS256', typ: 'JWT', kid: 'main' }, { ...ADMIN_CLAIMS }, ownKey.privateKey, 'RS256'),
    'key_unknown',
  ],
  ['our own token as an old one', own({ typ: 'JWT' }), 'key_unknown'],
  ['our own token without typ', own({ typ: undefined }), 'key_unknown'],
  ['application/jwt', old({}, { typ: 'application/jwt' }), 'type_refused'],
  ['typ a list', old({}, { typ: ['JWT'] }), 'type_refused'],
  ['an id token', old({}, { typ: 'id+jwt' }), 'type_refused'],
  ['a kid where there was none', old({}, { kid: 'k1' }), 'algorithm_mismatch'],
  ['an unknown kid', old({}, { kid: 'k2' }), 'key_unknown'],
  ['no kid where there was one', oldAdmin({}, { kid: undefined }), 'algorithm_mismatch'],
  ['a kid of the prototype', oldAdmin({}, { kid: '__proto__' }), 'key_unknown'],
  ...Object.entries({
    jwk: {},
    jku: 'https://evil.example',
    x5u: 'x',
    x5c: ['MII'],
    crit: ['exp'],
    b64: false,
    zip: 'DEF',
  }).map(([name, value]) => [name, old({}, { [name]: value }), 'header_refused'] as const),
  ['alg twice', signText(text('{"alg":"none","alg":"HS256","typ":"JWT"}')), 'malformed'],
  ['padding', `${old()}=`, 'malformed'],
  ['an issuer where there was none', old({ iss: 'https://old.example' }), 'issuer_mismatch'],
  ['an audience where there was none', old({ aud: 'old-api' }), 'audience_mismatch'],
  ['the other issuer', oldAdmin({ iss: 'https://evil.example' }), 'issuer_mismatch'],
  ['no issuer', oldAdmin({ iss: undefined }), 'issuer_mismatch'],
  ['our issuer', oldAdmin({ iss: 'https://issuer.example' }), 'issuer_mismatch'],
  ['the other audience', oldAdmin({ aud: 'api' }), 'audience_mismatch'],
  ['no audience', oldAdmin({ aud: undefined }), 'audience_mismatch'],
  ['an audience that is not text', oldAdmin({ aud: { 0: 'old-api' } }), 'audience_mismatch'],
  ['no exp', old({ exp: undefined }), 'claims_malformed'],
  ['no iat', old({ iat: undefined }), 'claims_malformed'],
  ['exp as text', old({ exp: String(NOW + 60) }), 'claims_malformed'],
  ['a lifetime above the limit', old({ exp: NOW + 86_401 }), 'lifetime_refused'],
  ['exp before iat', old({ exp: NOW - 1 }), 'lifetime_refused'],
  ['expired', old({ iat: NOW - 3600, exp: NOW - 31 }), 'expired'],
  ['not yet valid', old({ nbf: NOW + 60 }), 'not_yet_valid'],
  ['issued in the future', old({ iat: NOW + 60 }), 'not_yet_valid'],
  ['no sub', old({ sub: undefined }), 'claims_malformed'],
  ['an empty sub', old({ sub: '' }), 'claims_malformed'],
  ['a sub that is an object', old({ sub: { id: 1 } }), 'claims_malformed'],
  ['a hook that refuses', oldAdmin({ userId: undefined }), 'claims_malformed'],
  ['a hook that throws', oldAdmin({ roles: null }), 'claims_malformed'],
  ['a hook that gives no text', oldAdmin({ roles: [7] }), 'claims_malformed'],
];

describe('forged old tokens', () => {
  it.each(ATTACKS)('%s', (_name, token, reason) => {
    clock.ms = NOW * 1000;
    expect(verifier.verify(token)).toEqual({ kind: 'refused', reason });
    expect(verifier.verify(token)).toEqual({ kind: 'refused', reason });
  });

  it('without the option no old token is anything', () => {
    const { verifier: plain } = makeBench({ privateKey: ownKey.privateKey, keyId: 'main' });
    expect(plain.verify(old())).toEqual({ kind: 'refused', reason: 'type_refused' });
    expect(plain.verify(oldAdmin())).toEqual({ kind: 'refused', reason: 'type_refused' });
  });
});

describe('the option', () => {
  it.each<readonly [string, Partial<LegacyIssuerOptions>, RegExp]>([
    ['a secret with a final line break', { key: `${OLD_SECRET}\n` }, /line break: trim it/],
    ['a short secret', { key: 'kqXw8!pz' }, /at least 32 bytes/],
    ['a secret everybody knows', { key: 'your-256-bit-secret' }, /everyone knows/],
    ['a public key as a secret', { key: pem }, /PEM or JWK, not a secret/],
    ['no end date', { acceptUntil: undefined as never }, /not a date/],
    ['an end date that is not a date', { acceptUntil: 'soon' }, /not a date/],
    [
      'an end date in two years',
      { acceptUntil: new Date((NOW + 2 * 366 * 86_400) * 1000) },
      /more than a year/,
    ],
    ['a lifetime above 90 days', { maxLifetime: '91d' }, /1s to 90d/],
    ['no name', { name: '' }, /letters, digits/],
    ['a name that would read as something else', { name: 'a:b' }, /letters, digits/],
    ['none as its algorithm', { algorithm: 'none' as never }, /must be one of/],
    ['a private key', { algorithm: 'RS256', key: oldRsa.privateKey }, /private key/],
    ['a key that does not fit', { algorithm: 'ES256', key: oldRsa.publicKey }, /EC key/],
    ['our own key', { algorithm: 'RS256', key: ownKey.publicKey }, /also a key of Tokenward/],
    ['an empty issuer', { issuer: '' }, /leave it out/],
    ['an empty audience', { audience: [] }, /leave it out/],
  ])('%s: refused at boot', (_name, changes, message) => {
    expect(() => bench([{ ...SHOP, ...changes }])).toThrow(message);
  });

  it('two entries of one name: refused at boot', () => {
    expect(() => bench([SHOP, SHOP])).toThrow(/same name/);
  });

  it('our own secret is refused too', () => {
    const secret = randomBytes(32);
    const issuers = resolveLegacy([{ ...SHOP, key: secret }]);
    expect(() => makeBench({ algorithm: 'HS256', secret }, { legacy: issuers })).toThrow(/also a key of/);
  });

  it('an end date that has passed stops no boot: nothing is accepted', () => {
    const past = bench([{ ...SHOP, acceptUntil: new Date((NOW - 1) * 1000) }]);
    expect(past.verifier.verify(old())).toEqual({ kind: 'refused', reason: 'expired' });
  });
});
