import { describe, expect, it } from '@jest/globals';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { Keyring } from './keyring.service.js';
import { jwkMembers } from './jwk-members.js';

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
    expect(() => keyring.replace({ verification: [key, key] })).toThrow(/same kid/);
    expect(keyring.signer().kid).toBe('next');
  });

  it('that only verifies cannot sign, and says so', () => {
    const keyring = new Keyring({ verification: [make().verificationKey('active')!] });
    expect(() => keyring.signer()).toThrow(/only verifies/);
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
