import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint } from 'jose';
import { jwkMembers } from './jwk-members.js';
import { publicKeyThumbprint, secretKeyId } from './thumbprint.js';

describe('the thumbprint of a public key', () => {
  it('is that of the example of RFC 7638, section 3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs' +
      'tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5ha' +
      'jrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    const key = createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' });
    expect(publicKeyThumbprint(key)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  it.each([
    ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' })],
  ])('of %s is the one that jose computes, from either half', async (_, pair) => {
    const expected = await calculateJwkThumbprint(jwkMembers(pair.publicKey), 'sha256');
    expect(publicKeyThumbprint(pair.publicKey)).toBe(expected);
    expect(publicKeyThumbprint(pair.privateKey)).toBe(expected);
  });
});

describe('the kid of a secret', () => {
  it('stays what it was: tokens that are out name it', () => {
    expect(secretKeyId(Buffer.alloc(32, 7))).toBe('Zz_4yLFHtx0lbIFjsvEUf-82RsZTjnNm3CT8ASau4ck');
  });

  it('is not the thumbprint of RFC 7638, which others may store for the secret', async () => {
    const secret = randomBytes(32);
    const jwk = { kty: 'oct', k: secret.toString('base64url') };
    expect(secretKeyId(secret)).not.toBe(await calculateJwkThumbprint(jwk, 'sha256'));
    expect(secretKeyId(secret)).not.toBe(secretKeyId(randomBytes(32)));
  });
});
