import { type KeyObject, randomBytes } from 'node:crypto';
import { CompactEncrypt, type CompactJWEHeaderParameters } from 'jose';
import type { EncryptionOptions } from '../../options/encryption-options.js';
import { resolveOptions } from '../../options/resolve-options.js';
import { b64, forge, goodClaims, makeBench, makeKey, NOW } from './forge.fixture.js';

const resolveEncryption = (encryption: EncryptionOptions | undefined) =>
  resolveOptions(
    { issuer: 'https://issuer.example', audience: 'api', keys: {}, accessToken: { encryption } },
    false,
  ).accessToken.encryption;
export const secret = randomBytes(32);
export const signing = makeKey('ES256');
export const rsa = makeKey('RS256');
export const ec = makeKey('ES256');
export const DIR = { keyId: 'e1', key: secret };
export const KEYS: EncryptionOptions['keys'] = [
  DIR,
  { keyId: 'oaep', algorithm: 'RSA-OAEP-256', key: rsa.privateKey },
  { keyId: 'ecdh', algorithm: 'ECDH-ES', key: ec.privateKey },
];
export const bench = (encryption: EncryptionOptions = { keys: KEYS }, cacheSize = 0) =>
  makeBench(
    { algorithm: 'ES256', privateKey: signing.privateKey, keyId: 'main' },
    { encryption: resolveEncryption(encryption), cacheSize },
  );
export const { verifier, issuer, clock, keyring } = bench();

export const signed = (claims = {}, header = {}) =>
  forge(
    { alg: 'ES256', kid: 'main', typ: 'at+jwt', ...header },
    goodClaims(claims),
    signing.privateKey,
    'ES256',
  );
const HEADER = { alg: 'dir', enc: 'A256GCM', kid: 'e1', cty: 'JWT' };
/** Any header around any content: jose must write both unchanged. */
export function seal(
  content: string | Buffer,
  changes: Record<string, unknown> = {},
  key: KeyObject | Uint8Array = secret,
): Promise<string> {
  const header = { ...HEADER, ...changes } as unknown as CompactJWEHeaderParameters;
  return new CompactEncrypt(Buffer.from(content)).setProtectedHeader(header).encrypt(key);
}
/** A valid token with this header or these changes to it. AES-GCM authenticates the header, so the test encrypts it. */
export async function withHeader(given: string | object): Promise<string> {
  const { createCipheriv } = await import('node:crypto');
  const head = b64(typeof given === 'string' ? given : JSON.stringify({ ...HEADER, ...given }));
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', secret, iv);
  cipher.setAAD(Buffer.from(head));
  const sealed = Buffer.concat([cipher.update(signed()), cipher.final()]);
  return [head, '', b64(iv), b64(sealed), b64(cipher.getAuthTag())].join('.');
}
export const verdict = async (token: string, of = verifier) => {
  const outcome = await of.verifyAny(token);
  return outcome.kind === 'accepted' ? 'accepted' : outcome.reason;
};
export const input = {
  subject: 'user-1',
  sessionId: 's',
  tokenVersion: 1,
  permissions: [],
  asOfMs: NOW * 1000,
};
