import { createPrivateKey, createPublicKey, createSecretKey, KeyObject, type JsonWebKey } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import type { KeyMaterial } from '../../options/key-options.js';

const PRIVATE_BLOCK = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/g;
/** RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** Environment variables carry line breaks as `\n`. */
function pemText(text: string): string {
  return text.replaceAll('\\r', '').replaceAll('\\n', '\n').trim();
}

export function hasPrivateMembers(jwk: JsonWebKey): boolean {
  return PRIVATE_MEMBERS.some((name) => jwk[name] !== undefined);
}

/** Node's reasons may quote what they were given, so they go nowhere. */
function parsed(option: string, advice: string, parse: () => KeyObject): KeyObject {
  try {
    return parse();
  } catch {
    throw AuthError.configuration(option, advice);
  }
}

function assertJwkObject(option: string, material: unknown): asserts material is JsonWebKey {
  if (typeof material !== 'object' || material === null || Array.isArray(material)) {
    throw AuthError.configuration(option, 'must be PEM text, a JWK object or a KeyObject of node:crypto');
  }
}

export function readPrivateKey(option: string, material: KeyMaterial): KeyObject {
  if (material instanceof KeyObject) {
    if (material.type === 'private') return material;
    throw AuthError.configuration(option, `a ${material.type} key cannot sign here: give the private key`);
  }
  if (typeof material === 'string') {
    const pem = pemText(material);
    const blocks = pem.match(PRIVATE_BLOCK) ?? [];
    if (blocks.length > 1) throw AuthError.configuration(option, 'holds several private keys: give one');
    if (/BEGIN ENCRYPTED|4,ENCRYPTED/.test(pem)) {
      throw AuthError.configuration(
        option,
        'is encrypted with a passphrase: decrypt it (openssl pkey) first',
      );
    }
    if (blocks.length === 0 && /-----BEGIN [A-Z ]*(?:PUBLIC KEY|CERTIFICATE)-----/.test(pem)) {
      throw AuthError.configuration(
        option,
        'is a public key: give the private key, a public one cannot sign',
      );
    }
    return parsed(option, 'is not a private key in PEM: give PKCS#8, with real line breaks or \\n', () =>
      createPrivateKey(pem),
    );
  }
  assertJwkObject(option, material);
  if (!Object.hasOwn(material, 'd')) {
    throw AuthError.configuration(option, 'is a JWK without its private members: give the private key');
  }
  return parsed(
    option,
    'is not a private JWK (RFC 7517) of an RSA or EC key: check that it is complete',
    () => createPrivateKey({ key: material, format: 'jwk' }),
  );
}

export function readPublicKey(option: string, material: KeyMaterial): KeyObject {
  const misplaced = 'is a private key where only a public one belongs: give the public half';
  if (material instanceof KeyObject) {
    if (material.type !== 'public') throw AuthError.configuration(option, misplaced);
    return material;
  }
  if (typeof material === 'string') {
    const pem = pemText(material);
    // node derives the public half from a private PEM without a word
    if (pem.match(PRIVATE_BLOCK)) throw AuthError.configuration(option, misplaced);
    return parsed(option, 'is not a public key in PEM: give SPKI, with real line breaks or \\n', () =>
      createPublicKey(pem),
    );
  }
  assertJwkObject(option, material);
  if (hasPrivateMembers(material)) throw AuthError.configuration(option, misplaced);
  return parsed(option, 'is not a public JWK (RFC 7517) of an RSA or EC key: check that it is complete', () =>
    createPublicKey({ key: material, format: 'jwk' }),
  );
}

/** Bytes of a secret; as text it is base64url without padding, in its one canonical form. */
export function readSecret(option: string, secret: unknown): Buffer {
  if (Buffer.isBuffer(secret) || secret instanceof Uint8Array) return Buffer.from(secret);
  if (typeof secret === 'string') {
    const bytes = Buffer.from(secret, 'base64url');
    if (secret.length > 0 && bytes.toString('base64url') === secret) return bytes;
  }
  throw AuthError.configuration(
    option,
    'must be base64url text without padding, or a Buffer: make one with node -p "crypto.randomBytes(64).toString(\'base64url\')"',
  );
}

export function secretKeyObject(secret: Buffer): KeyObject {
  return createSecretKey(secret);
}
