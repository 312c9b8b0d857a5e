import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { assertHardToGuess } from './guessable-secret.js';

const KNOWN = /everyone knows/;
const REPEATS = /repeats itself/;
const WORDS = /common words/;
const bytes = (encoded: string) => Buffer.from(encoded, 'base64url');

describe('a secret that is published or easy to guess is refused', () => {
  it.each<readonly [name: string, secret: Buffer | string, says: RegExp]>([
    [
      'Nest',
      'DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.',
      KNOWN,
    ],
    [
      'Nest, in small letters',
      'do-not-use-this-value-instead-create-a-complex-secret-and-keep-it-safe-outside-of-the-source-code',
      KNOWN,
    ],
    ['Supabase', 'super-secret-jwt-token-with-at-least-32-characters-long', KNOWN],
    [
      'Supabase, self-hosted',
      'your-super-secret-jwt-token-with-at-least-32-characters-long',
      KNOWN,
    ],
    ['PostgREST', 'reallyreallyreallyreallyverysafe', KNOWN],
    ['jwt.io', 'a-string-secret-at-least-512-bits-long-which-is-very-long', KNOWN],
    ['FastAPI', '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7', KNOWN],
    [
      'FastAPI, its bytes',
      Buffer.from('09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7', 'hex'),
      KNOWN,
    ],
    [
      'RFC 7515, A.1',
      bytes(
        'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
      ),
      KNOWN,
    ],
    [
      'RFC 7515, A.1, as its text',
      'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
      KNOWN,
    ],
    ['RFC 7520, 3.5', bytes('hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg'), KNOWN],
    ['one letter', 'a'.repeat(64), REPEATS],
    ['one byte', Buffer.alloc(32, 7), REPEATS],
    [
      'five different bytes',
      Buffer.from(Array.from({ length: 64 }, (_, i) => (i * i * i + (i >> 2)) % 5)),
      REPEATS,
    ],
    ['a word repeated', 'changeme'.repeat(8), REPEATS],
    ['a word repeated, cut', 'secretKey'.repeat(6).slice(0, 48), REPEATS],
    ['a word repeated, as base64url', bytes('changeme'.repeat(8)), REPEATS],
    [
      'a period of a quarter',
      Buffer.concat(Array.from({ length: 4 }, () => Buffer.from('0a9f3c77'))),
      REPEATS,
    ],
    ['a word padded with zeros', 'secret00000000000000000000000000', WORDS],
    ['a word padded with blanks', 'my-secret-key                   ', WORDS],
    ['a word padded with digits', 'supersecret123456789012345678901', WORDS],
    ['a word padded with NULs', Buffer.concat([Buffer.from('jwtSecret'), Buffer.alloc(23)]), WORDS],
    ['digits in order', '12345678901234567890123456789012', WORDS],
    ['hex in order, twice', '0123456789abcdef'.repeat(2), WORDS],
    ['the alphabet', 'abcdefghijklmnopqrstuvwxyz123456', WORDS],
    ['the keyboard', 'qwertyuiopasdfghjklzxcvbnm123456', WORDS],
    ['bytes in order', Buffer.from(Array.from({ length: 64 }, (_, i) => i)), WORDS],
    ['a placeholder', 'ThisIsMyVerySecretKeyForJwtAuth1', WORDS],
    ['another', 'please-change-this-super-secret-key-in-production!!', WORDS],
    ['numbered words', 'changeme1changeme2changeme3changeme4', WORDS],
  ])('%s', (_name, secret, says) => {
    expect(() => assertHardToGuess('it', Buffer.from(secret))).toThrow(says);
  });
});

describe('a random secret is accepted', () => {
  it('in every encoding', () => {
    const digits = () => Array.from(randomBytes(40), (byte) => String(byte % 10)).join('');
    for (let n = 0; n < 400; n += 1)
      for (const secret of [
        randomBytes(32),
        randomBytes(32).toString('base64url'),
        randomBytes(24).toString('base64'),
        randomBytes(16).toString('hex'),
        randomUUID(),
        digits(),
      ])
        expect(() => assertHardToGuess('it', Buffer.from(secret))).not.toThrow();
    const phrase = 'seven grey herons argued about the tide at Moelfre, 1974';
    expect(() => assertHardToGuess('it', Buffer.from(phrase))).not.toThrow();
  });
});
