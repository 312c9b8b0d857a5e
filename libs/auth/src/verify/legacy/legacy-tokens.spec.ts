import { describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type LegacyIssuerOptions } from '../../options/legacy-options.js';
import { forge, makeBench, makeKey, NOW, refused } from '../tokens/forge.fixture.js';
import {
  bench,
  CLAIMS,
  old,
  OLD_SECRET,
  oldAdmin,
  oldRsa,
  own,
  ownKey,
  pem,
  resolveLegacy,
  SHOP,
  UNTIL,
} from './legacy.fixture.js';
import { formerLegacyTokenId } from './legacy-tokens.js';

const { verifier } = bench();

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The same token with the other signature of its text: (r, n − s). */
function twinOf(token: string): string {
  const [header, payload, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = P256_ORDER - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.concat([
    bytes.subarray(0, 32),
    Buffer.from(s.toString(16).padStart(64, '0'), 'hex'),
  ]);
  return `${header}.${payload}.${twin.toString('base64url')}`;
}

describe('an old token', () => {
  it('of JwtModule, as in the guides, is accepted, without roles that it does not contain', () => {
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
        sessionId: expect.stringMatching(
          /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
        ),
      },
    });
  });

  it('of a second issuer is checked with its own key, algorithm, audience and hook', () => {
    expect(verifier.verify(oldAdmin())).toMatchObject({
      kind: 'accepted',
      principal: { id: 'u-7', role: 'editor', legacy: 'admin.2024', keyId: 'legacy:admin.2024' },
    });
    expect(verifier.verify(oldAdmin({ aud: ['other', 'old-admin'] })).kind).toBe('accepted');
  });

  // T-p49r
  it('has one id for every valid signature: the second form of an EC signature, another PSS signature', () => {
    const [ec, pss] = [makeKey('ES256'), makeKey('PS256')];
    const ecIssuer: LegacyIssuerOptions = {
      ...SHOP,
      name: 'ec',
      algorithm: 'ES256',
      key: ec.publicKey,
    };
    const pssIssuer: LegacyIssuerOptions = {
      ...SHOP,
      name: 'pss',
      algorithm: 'PS256',
      key: pss.publicKey,
    };
    const named = bench([ecIssuer, pssIssuer]).verifier;
    const nameOf = (token: string) => {
      const outcome = named.verify(token);
      return outcome.kind === 'accepted' ? outcome.principal.tokenId : outcome.reason;
    };
    const signed = (alg: 'ES256' | 'PS256', key: KeyObject) =>
      forge({ alg, typ: 'JWT' }, CLAIMS, key, alg);

    const token = signed('ES256', ec.privateKey);
    expect(nameOf(token)).toMatch(/^legacy-/);
    expect(nameOf(twinOf(token))).toBe(nameOf(token));
    expect(twinOf(token)).not.toBe(token);
    const [one, other] = [signed('PS256', pss.privateKey), signed('PS256', pss.privateKey)];
    expect(one).not.toBe(other);
    expect(nameOf(one)).toBe(nameOf(other));
    expect(nameOf(one)).toMatch(/^legacy-/);
  });

  it('is named by the hash of its signed text, as a UUID too; formerly by that of the whole token', () => {
    const token = old();
    const sha256 = (text: string) => createHash('sha256').update(text).digest();
    const digest = sha256(token.slice(0, token.lastIndexOf('.')));
    const bytes = Buffer.from(digest.subarray(0, 16));
    bytes.writeUInt8((bytes.readUInt8(6) % 16) + 0x80, 6);
    bytes.writeUInt8((bytes.readUInt8(8) % 64) + 0x80, 8);
    const outcome = verifier.verify(token);
    if (outcome.kind === 'refused') throw new Error(outcome.reason);
    expect(outcome.principal.tokenId).toBe(`legacy-${digest.toString('base64url')}`);
    expect(outcome.principal.sessionId.replaceAll('-', '')).toBe(bytes.toString('hex'));
    expect(formerLegacyTokenId(token)).toBe(`legacy-${sha256(token).toString('base64url')}`);
  });

  it('has a frozen principal, with the permissions that the hook gives and no others', () => {
    const given = ['read'];
    const issuer: LegacyIssuerOptions = {
      ...SHOP,
      principal: () => ({ id: 'u', permissions: given }),
    };
    const outcome = bench([issuer]).verifier.verify(old());
    if (outcome.kind === 'refused') throw new Error(outcome.reason);
    const { principal } = outcome;
    given.push('write');
    expect([principal.permissions, principal.claims]).toEqual([['read'], {}]);
    expect('role' in principal).toBe(false);
    expect([principal, principal.permissions].map(Object.isFrozen)).toEqual([true, true]);
  });

  it('is tried with each issuer that its kid may mean, and refused as the last one refuses it', () => {
    const others: LegacyIssuerOptions[] = [
      { ...SHOP, name: 'one', key: `${OLD_SECRET} of one` },
      { ...SHOP, name: 'two' },
      { ...SHOP, name: 'three', algorithm: 'HS512', key: OLD_SECRET.repeat(2) },
    ];
    expect(bench(others).verifier.verify(old())).toMatchObject({ principal: { legacy: 'two' } });
    const [one, , three] = others as [LegacyIssuerOptions, unknown, LegacyIssuerOptions];
    expect(bench([three, one]).verifier.verify(old())).toEqual(refused('signature_mismatch'));
    expect(bench([one, three]).verifier.verify(old())).toEqual(refused('algorithm_mismatch'));
  });

  it.each(['jwt', 'JWT', 'Jwt'])('may be of the type %s', (typ) => {
    expect(verifier.verify(old({}, { typ })).kind).toBe('accepted');
  });

  it('lives for a second at least', () => {
    expect(verifier.verify(old({ exp: NOW }))).toEqual(refused('lifetime_refused'));
    expect(verifier.verify(old({ exp: NOW + 1 })).kind).toBe('accepted');
  });

  it('may have fractional dates, which are rounded to the stricter side', () => {
    const fractional = { iat: NOW - 0.5, nbf: NOW + 29.5, exp: NOW + 100.9 };
    expect(verifier.verify(old(fractional))).toMatchObject({
      kind: 'accepted',
      principal: { issuedAt: NOW - 1, expiresAt: NOW + 100 },
    });
    expect(verifier.verify(old({ ...fractional, nbf: NOW + 30.5 })).kind).toBe('refused');
  });

  it('does not affect Tokenward’s own tokens', () => {
    expect(verifier.verify(own())).toMatchObject({
      kind: 'accepted',
      principal: { tokenVersion: 1 },
    });
    expect(verifier.verify(old({}, { typ: undefined })).kind).toBe('accepted');
  });

  it('is refused from the end date on, to the millisecond, cached or not, also for logout', () => {
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
      expect(own.verifier.verify(each)).toEqual(refused('expired'));
      expect(own.verifier.verify(each, { expiry: 'ignored' })).toEqual(refused('expired'));
    }
  });

  it('of a longer life says that it ends with its window', () => {
    const short = bench([{ ...SHOP, acceptUntil: new Date((NOW + 60) * 1000) }]);
    expect(short.verifier.verify(old())).toMatchObject({ principal: { expiresAt: NOW + 60 } });
  });

  it('must match the schema of the host’s claims', () => {
    const schema = { claimsSchema: z.object({ tenant: z.string() }) };
    const given: LegacyIssuerOptions = {
      ...SHOP,
      principal: ({ sub, tenant }) => ({ id: String(sub), claims: { tenant } }),
    };
    expect(bench([given], schema).verifier.verify(old({ tenant: 't1' }))).toMatchObject({
      principal: { claims: { tenant: 't1' } },
    });
    expect(bench([given], schema).verifier.verify(old())).toEqual(refused('custom_claims_refused'));
    expect(bench([SHOP], schema).verifier.verify(old())).toEqual(refused('custom_claims_refused'));
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

  it('an end date 366 days ahead is the last, and an error names its entry', () => {
    const latest = NOW * 1000 + 366 * 86_400_000;
    const until = (ms: number) => () =>
      bench([SHOP, { ...SHOP, name: 'b', acceptUntil: new Date(ms) }]);
    expect(until(latest)).not.toThrow();
    expect(until(latest + 1)).toThrow(
      'accessToken.legacy[1].acceptUntil: is more than a year ahead: give a date within a year',
    );
    expect(() => bench([{ ...SHOP, key: 'kqXw8!pz' }])).toThrow(/^accessToken\.legacy\[0\]\.key: /);
    expect(() => bench([{ ...SHOP, algorithm: 'RS256', key: ownKey.publicKey }])).toThrow(
      'accessToken.legacy[0].key: is also a key of Tokenward: make a new one for the new tokens',
    );
  });

  it('two entries with the same name: refused at boot', () => {
    expect(() => bench([SHOP, SHOP])).toThrow(/same name/);
  });

  it('our own secret is refused too', () => {
    const secret = randomBytes(32);
    const issuers = resolveLegacy([{ ...SHOP, key: secret }]);
    expect(() => makeBench({ algorithm: 'HS256', secret }, { legacy: issuers })).toThrow(
      /also a key of/,
    );
  });

  it('an end date that has passed does not stop the boot, and no old token is accepted', () => {
    const past = bench([{ ...SHOP, acceptUntil: new Date((NOW - 1) * 1000) }]);
    expect(past.verifier.verify(old())).toEqual(refused('expired'));
  });
});
