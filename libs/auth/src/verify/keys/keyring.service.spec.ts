import { describe, expect, it } from '@jest/globals';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { inspect } from 'node:util';
import { Keyring } from './keyring.service.js';
import { jwkMembers } from './jwk-members.js';
import { loadStaticKeys } from './static-keys.js';
import { publicKeyThumbprint } from './thumbprint.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ecJwk = { ...jwkMembers(ec.publicKey), kid: 'next', alg: 'ES256' };
const make = () =>
  Keyring.fromOptions({
    privateKey: rsa.privateKey,
    keyId: 'active',
    verificationKeys: { keys: [ecJwk] },
  });

describe('Keyring', () => {
  // T-f9kv
  it('publishes public members only, each key with kid, alg and use', () => {
    const { n, e } = jwkMembers(rsa.publicKey);
    const { x, y } = jwkMembers(ec.publicKey);
    expect(make().publicJwks()).toEqual({
      keys: [
        { kty: 'RSA', n, e, kid: 'active', alg: 'RS256', use: 'sig' },
        { kty: 'EC', crv: 'P-256', x, y, kid: 'next', alg: 'ES256', use: 'sig' },
      ],
    });
  });

  // T-jcs3
  it('publishes no key for HMAC', () => {
    const k = randomBytes(32).toString('base64url');
    const keys = [{ kty: 'oct', k, kid: 'old', alg: 'HS256' }];
    const keyring = Keyring.fromOptions({
      algorithm: 'HS256',
      secret: randomBytes(32),
      verificationKeys: { keys },
    });
    expect(keyring.publicJwks()).toEqual({ keys: [] });
    expect(keyring.verificationKey('old')?.algorithm).toBe('HS256');
  });

  // T-5s7d
  it('finds a key only by its kid', () => {
    const keyring = make();
    expect(keyring.verificationKey('active')).toBe(keyring.verificationKey('active'));
    for (const kid of ['', '__proto__', 'constructor', 'Active', 'active ', '../active', '0']) {
      expect(keyring.verificationKey(kid)).toBeUndefined();
    }
  });

  it('changes its revision with its keys, and replaces all keys at once', () => {
    const keyring = make();
    const before = keyring.revision;
    const jwks = keyring.publicJwks();
    const next = Keyring.fromOptions({
      algorithm: 'ES256',
      privateKey: ec.privateKey,
      keyId: 'next',
    });
    keyring.replace({ signing: next.signer(), verification: [next.verificationKey('next')!] });
    expect(keyring.revision).not.toBe(before);
    expect(keyring.signer().kid).toBe('next');
    expect(keyring.verificationKey('active')).toBeUndefined();
    expect(keyring.publicJwks().keys.map(({ kid }) => kid)).toEqual(['next']);
    expect(jwks.keys).toHaveLength(2);
    const key = next.verificationKey('next')!;
    expect(() => keyring.replace({ verification: [key, key] })).toThrow(
      expect.objectContaining({
        detail: 'keys: two keys have the same kid: give each its own',
      }),
    );
    expect(keyring.signer().kid).toBe('next');
  });

  it('that only verifies cannot sign, and says so', () => {
    const keyring = new Keyring({ verification: [make().verificationKey('active')!] });
    expect(() => keyring.signer()).toThrow(
      expect.objectContaining({
        reason: 'configuration_invalid',
        detail: 'keys: this process only verifies: give it a signing key to issue tokens',
      }),
    );
    expect(keyring.verificationKey('active')).toBeDefined();
  });

  it('does not print keys', () => {
    const secret = randomBytes(32);
    for (const keyring of [make(), Keyring.fromOptions({ algorithm: 'HS256', secret })]) {
      const printed =
        inspect(keyring, { depth: 9, showHidden: true }) +
        JSON.stringify(keyring) +
        inspect(keyring.signer(), { depth: 9, showHidden: true }) +
        JSON.stringify(keyring.signer());
      const { d } = jwkMembers(rsa.privateKey);
      for (const material of [d ?? '', secret.toString('base64url'), secret.toString('hex')]) {
        expect(printed).not.toContain(material);
      }
    }
  });
});

describe('a key that was revoked', () => {
  it('signs and verifies nothing, is not published, and comes back with no later keys', () => {
    const keyring = make();
    const { signing, verification } = loadStaticKeys({
      privateKey: rsa.privateKey,
      keyId: 'active',
      verificationKeys: { keys: [ecJwk] },
    });
    const before = keyring.revision;
    keyring.revoke('active');
    expect(keyring.revision).toBe(before + 1);
    keyring.revoke('active');
    expect(keyring.revision).toBe(before + 1);
    for (const _ of ['revoked', 'given again']) {
      expect([keyring.isRevoked('active'), keyring.isRevoked('next')]).toEqual([true, false]);
      expect(keyring.verificationKey('active')).toBeUndefined();
      expect(keyring.size).toBe(1);
      expect(keyring.publicJwks().keys.map(({ kid }) => kid)).toEqual(['next']);
      expect(() => keyring.signer()).toThrow(
        expect.objectContaining({
          reason: 'unavailable',
          detail: 'the signing key was revoked and there is no other: give the process a new one',
        }),
      );
      keyring.replace({ signing, verification });
    }
  });
});

describe('who the issuer is', () => {
  it('is told by the thumbprints of its keys', () => {
    const keyring = make();
    const [own, next] = [rsa, ec].map(({ publicKey }) => publicKeyThumbprint(publicKey));
    expect(keyring.thumbprints('signing')).toEqual([own]);
    expect(keyring.thumbprints('verifying')).toEqual([own, next]);
    const onlyVerifies = new Keyring({ verification: [keyring.verificationKey('next')!] });
    expect(onlyVerifies.thumbprints('signing')).toEqual([]);
  });

  it('is not told by a secret', () => {
    const keyring = Keyring.fromOptions({ algorithm: 'HS256', secret: randomBytes(32) });
    expect([keyring.thumbprints('signing'), keyring.thumbprints('verifying')]).toEqual([[], []]);
  });

  it('a key is held as either of its halves, and under no other key', () => {
    const keyring = make();
    for (const key of [rsa.privateKey, rsa.publicKey, ec.privateKey, ec.publicKey])
      expect(keyring.holds(key)).toBe(true);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (const key of [other.privateKey, other.publicKey]) expect(keyring.holds(key)).toBe(false);
  });
});

describe('the keys in force', () => {
  it('are counted, and published as one frozen object until they change', () => {
    const keyring = make();
    expect(keyring.size).toBe(2);
    const jwks = keyring.publicJwks();
    expect(keyring.publicJwks()).toBe(jwks);
    expect([Object.isFrozen(jwks), Object.isFrozen(jwks.keys)]).toEqual([true, true]);
    expect(new Keyring({ verification: [] }).publicJwks()).toEqual({ keys: [] });
  });

  it('fit a signature of their own alone', () => {
    const key = make().verificationKey('next')!;
    const signed = Buffer.from('signed');
    const made = sign('sha256', signed, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' });
    expect(make().signatureFits(key, signed, made)).toBe(true);
    expect(make().signatureFits(key, Buffer.from('other'), made)).toBe(false);
  });
});
