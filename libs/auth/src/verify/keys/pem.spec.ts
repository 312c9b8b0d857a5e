import { describe, expect, it } from '@jest/globals';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import { readPrivateKey, readPublicKey, readSecret } from './key-material.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject) =>
  key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }) as string;

/** Forms in which files, variables and secret stores hold a PEM. */
const WRAPPINGS: readonly (readonly [name: string, wrap: (text: string) => string | Buffer])[] = [
  ['as it is', (text) => text],
  ['a Buffer', (text) => Buffer.from(text)],
  ['a Buffer with a byte order mark', (text) => Buffer.from(`\ufeff${text}`)],
  ['double quotes', (text) => `"${text}"`],
  ['single quotes and \\n', (text) => `'${text.replaceAll('\n', '\\n')}'`],
  ['a JSON string', (text) => JSON.stringify(text)],
  ['\\n escaped twice', (text) => text.replaceAll('\n', '\\\\n')],
  ['\\r\\n', (text) => text.replaceAll('\n', '\\r\\n')],
  ['carriage returns alone', (text) => text.replaceAll('\n', '\r')],
  ['base64', (text) => Buffer.from(text).toString('base64')],
  ['base64 in lines', (text) => Buffer.from(text).toString('base64').replaceAll(/.{76}/g, '$&\n')],
  ['base64 in quotes', (text) => `"${Buffer.from(text).toString('base64')}"`],
  ['one line with blanks', (text) => text.trim().replaceAll('\n', ' ')],
  ['one line with nothing', (text) => text.replaceAll('\n', '')],
  ['indented', (text) => text.replaceAll(/^/gm, '    ')],
  ['behind a comment', (text) => `# of the shop\n${text}`],
];

const refusal = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (error instanceof AuthError) return error.detail;
    throw error;
  }
  return 'was taken';
};

describe('keys in PEM', () => {
  it.each(WRAPPINGS)('%s: both halves are read', (_name, wrap) => {
    expect(readPrivateKey('o', wrap(pem(privateKey))).equals(privateKey)).toBe(true);
    expect(readPublicKey('o', wrap(pem(publicKey))).equals(publicKey)).toBe(true);
  });

  it('a pair in one file is read as its private key', () => {
    for (const both of [pem(privateKey) + pem(publicKey), pem(publicKey) + pem(privateKey)])
      expect(readPrivateKey('o', both).equals(privateKey)).toBe(true);
  });

  // T-83cm
  it.each<[string, () => unknown, RegExp]>([
    [
      'two private keys',
      () => readPrivateKey('o', pem(privateKey) + pem(other.privateKey)),
      /several private keys/,
    ],
    [
      'a public key of another pair',
      () => readPrivateKey('o', pem(privateKey) + pem(other.publicKey)),
      /second key/,
    ],
    [
      'two public keys',
      () => readPublicKey('o', pem(publicKey) + pem(other.publicKey)),
      /several public keys/,
    ],
    [
      'a truncated key after a complete one',
      () => readPrivateKey('o', pem(privateKey) + pem(other.privateKey).slice(0, 80)),
      /not a private key in PEM/,
    ],
    [
      'half a key',
      () => readPrivateKey('o', pem(privateKey).slice(0, 100)),
      /not a private key in PEM/,
    ],
    [
      'DER',
      () => readPrivateKey('o', privateKey.export({ type: 'pkcs8', format: 'der' })),
      /PKCS#8/,
    ],
    [
      'an encoded private key as a public one',
      () => readPublicKey('o', Buffer.from(pem(privateKey)).toString('base64')),
      /public one belongs/,
    ],
  ])('%s is refused, not dropped', (_name, read, why) => {
    expect(refusal(read)).toMatch(why);
  });
});

describe('secrets as text', () => {
  const bytes = Buffer.from('zB4nPq81_vW9sLr-0mXeYt62GhKdAjCu', 'latin1');

  it('ignore a final line break', () => {
    expect(readSecret('o', `${bytes.toString('base64url')}\r\n`)).toEqual(bytes);
  });

  it.each<[string, unknown, RegExp]>([
    [
      'a file of text, read as bytes',
      Buffer.from(`${bytes.toString('base64url')}\n`),
      /line break.*utf8/,
    ],
    ['hexadecimal', bytes.toString('hex'), /hexadecimal.*'hex'/],
    ['HEXADECIMAL', bytes.toString('hex').toUpperCase(), /hexadecimal.*'hex'/],
    ['base64', bytes.toString('base64'), /base64url/],
  ])('%s has more than one meaning, and is refused', (_name, secret, why) => {
    expect(refusal(() => readSecret('o', secret))).toMatch(why);
  });

  it('the command in the error makes a value that the option accepts', () => {
    expect(refusal(() => readSecret('o', '!'))).toMatch(/randomBytes\(64\)/);
    expect(refusal(() => readSecret('o', '!', 32))).toMatch(/randomBytes\(32\)/);
  });
});
