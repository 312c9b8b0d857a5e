import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  KeyObject,
  type JsonWebKey,
} from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import type { KeyMaterial } from '../../options/key-options.js';
import { parsed, readPem } from './pem.js';

/** RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

export function hasPrivateMembers(jwk: JsonWebKey): boolean {
  return PRIVATE_MEMBERS.some((name) => jwk[name] !== undefined);
}

function isText(material: KeyMaterial): material is string | Buffer {
  return typeof material === 'string' || material instanceof Uint8Array;
}

function assertJwkObject(option: string, material: unknown): asserts material is JsonWebKey {
  if (typeof material !== 'object' || material === null || Array.isArray(material)) {
    throw AuthError.configuration(
      option,
      'must be PEM text, a JWK object or a KeyObject of node:crypto',
    );
  }
}

export function readPrivateKey(option: string, material: KeyMaterial): KeyObject {
  if (material instanceof KeyObject) {
    if (material.type === 'private') return material;
    throw AuthError.configuration(
      option,
      `a ${material.type} key cannot sign here: give the private key`,
    );
  }
  if (isText(material)) {
    const advice = 'is not a private key in PEM: give PKCS#8, with real line breaks or \\n';
    const { privateKeys, publicKeys } = readPem(option, material, advice);
    const [key, ...more] = privateKeys;
    if (more.length > 0)
      throw AuthError.configuration(option, 'holds several private keys: give one');
    if (key && publicKeys.length > 0)
      throw AuthError.configuration(
        option,
        'holds a second key, of another pair: give the private key alone',
      );
    if (key) return key;
    throw AuthError.configuration(
      option,
      publicKeys.length > 0
        ? 'is a public key: give the private key, a public one cannot sign'
        : advice,
    );
  }
  assertJwkObject(option, material);
  if (!Object.hasOwn(material, 'd')) {
    throw AuthError.configuration(
      option,
      'is a JWK without its private members: give the private key',
    );
  }
  return parsed(
    option,
    'is not a private JWK (RFC 7517) of an RSA or EC key: check that it is complete and that its members belong together',
    () => createPrivateKey({ key: material, format: 'jwk' }),
  );
}

export function readPublicKey(option: string, material: KeyMaterial): KeyObject {
  const misplaced = 'is a private key where only a public one belongs: give the public half';
  if (material instanceof KeyObject) {
    if (material.type !== 'public') throw AuthError.configuration(option, misplaced);
    return material;
  }
  if (isText(material)) {
    const advice = 'is not a public key in PEM: give SPKI, with real line breaks or \\n';
    const { privateKeys, publicKeys } = readPem(option, material, advice);
    if (privateKeys.length > 0) throw AuthError.configuration(option, misplaced);
    const [key, ...more] = publicKeys;
    if (more.length > 0)
      throw AuthError.configuration(option, 'holds several public keys: give one');
    if (key) return key;
    throw AuthError.configuration(option, advice);
  }
  assertJwkObject(option, material);
  if (hasPrivateMembers(material)) throw AuthError.configuration(option, misplaced);
  return parsed(
    option,
    'is not a public JWK (RFC 7517) of an RSA or EC key: check that it is complete',
    () => createPublicKey({ key: material, format: 'jwk' }),
  );
}

/** A text in hexadecimal is also valid base64url, but with other bytes: its author probably did not mean base64url. */
const HEXADECIMAL = /^(?:(?:[0-9a-f]{2}){16,}|(?:[0-9A-F]{2}){16,})$/;
const FILE_OF_TEXT = /^[\x20-\x7e]+\r?\n$/;

/**
 * The bytes of a secret. A text must be base64url without padding, in its canonical form. `length`
 * is that of the secret which the cure suggests.
 */
export function readSecret(option: string, secret: unknown, length = 64): Buffer {
  if (secret instanceof Uint8Array) {
    const bytes = Buffer.from(secret);
    if (!FILE_OF_TEXT.test(bytes.toString('latin1'))) return bytes;
    throw AuthError.configuration(
      option,
      "ends with a line break, as a file of text does: read it as 'utf8'",
    );
  }
  if (typeof secret === 'string') {
    const text = secret.replace(/\r?\n$/, '');
    if (HEXADECIMAL.test(text))
      throw AuthError.configuration(
        option,
        "is hexadecimal, and as text it would be read as base64url: give Buffer.from(text, 'hex')",
      );
    const bytes = Buffer.from(text, 'base64url');
    if (text.length > 0 && bytes.toString('base64url') === text) return bytes;
  }
  throw AuthError.configuration(
    option,
    `must be base64url text without padding, or a Buffer: make one with node -p "crypto.randomBytes(${String(length)}).toString('base64url')"`,
  );
}

export function secretKeyObject(secret: Buffer): KeyObject {
  return createSecretKey(secret);
}
