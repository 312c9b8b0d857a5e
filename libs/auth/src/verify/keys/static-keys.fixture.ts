// Spec support: key pairs and the options that hold them.
import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomBytes } from 'node:crypto';
import { jwkMembers } from './jwk-members.js';

export const makeRsa = (modulusLength: number, publicExponent = 65537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent });
export const makeEc = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
export const rsa = makeRsa(2048);
export const rsa2 = makeRsa(2048);
export const p256 = makeEc('P-256');

export const pem = (
  key: KeyObject,
  type: 'pkcs8' | 'spki' | 'pkcs1' | 'sec1' = key.type === 'private' ? 'pkcs8' : 'spki',
) => key.export({ format: 'pem', type: type as 'pkcs8' }) as string;
export const jwk = (key: KeyObject, more: object = {}): JsonWebKey => ({
  ...jwkMembers(key),
  ...more,
});
export const verifying = (...keys: unknown[]) => ({
  privateKey: rsa.privateKey,
  verificationKeys: { keys: keys as JsonWebKey[] },
});
export const good = jwk(rsa2.publicKey, { kid: 'old', alg: 'RS256' });
export const oct = (bytes: number, more: object = {}) => ({
  kty: 'oct',
  k: randomBytes(bytes).toString('base64url'),
  kid: 'old',
  alg: 'HS256',
  ...more,
});
export const hmac = (...keys: unknown[]) => ({
  algorithm: 'HS256',
  secret: randomBytes(32),
  verificationKeys: { keys },
});
