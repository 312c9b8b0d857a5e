import { createCipheriv, createDecipheriv } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import { assertHardToGuess } from '../../common/guessable-secret.js';
import type { Entropy } from '../../common/entropy.js';
import { Secret } from '../../common/secret.js';

/** Keys that seal what lies in a database: `id:base64url` of exactly 32 bytes each; the first seals, all open. */
export class SealingRing {
  readonly #keys: readonly { readonly id: string; readonly key: Secret }[];

  /** Throws `configuration_invalid` by the name of `option`, never with a value. */
  constructor(lines: readonly string[], option: string) {
    this.#keys = lines.map((line, index) => parse(line.trim(), `${option}[${String(index)}]`));
    if (this.#keys.length === 0)
      throw AuthError.configuration(option, 'holds no key: make one with `tokenward secret --encryption`');
    if (new Set(this.#keys.map(({ id }) => id)).size !== this.#keys.length)
      throw AuthError.configuration(option, 'two keys have one id: give each its own');
  }

  /** AES-256-GCM (NIST SP 800-38D): `version ‖ length ‖ key id ‖ nonce ‖ tag ‖ ciphertext`; opens only with the same `context`. */
  seal(plain: Buffer, context: readonly string[], entropy: Entropy): Buffer {
    const [first] = this.#keys;
    if (!first) throw AuthError.unavailable('no sealing key');
    const nonce = entropy.bytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', first.key.reveal(), nonce);
    cipher.setAAD(bound(first.id, context));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    const id = Buffer.from(first.id, 'ascii');
    return Buffer.concat([Buffer.of(VERSION, id.length), id, nonce, cipher.getAuthTag(), sealed]);
  }

  /** Whether the first key sealed it. */
  isCurrent(sealed: Buffer): boolean {
    return sealed.subarray(2, 2 + (sealed[1] ?? 0)).toString('ascii') === this.#keys[0]?.id;
  }

  /** Throws `configuration_invalid` when the key is not in the ring, or when what was sealed is not what lies there now. */
  open(sealed: Buffer, context: readonly string[], what: string): Buffer {
    const idEnd = 2 + (sealed[1] ?? 0);
    const id = sealed.subarray(2, idEnd).toString('ascii');
    const tagAt = idEnd + NONCE_BYTES;
    const found = this.#keys.find((each) => each.id === id);
    if (sealed[0] !== VERSION || sealed.length < tagAt + TAG_BYTES || !found)
      throw AuthError.configuration(what, 'is sealed with a key that is not configured: add it to the ring');
    try {
      const decipher = createDecipheriv('aes-256-gcm', found.key.reveal(), sealed.subarray(idEnd, tagAt), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(bound(id, context));
      decipher.setAuthTag(sealed.subarray(tagAt, tagAt + TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(tagAt + TAG_BYTES)), decipher.final()]);
    } catch {
      throw AuthError.configuration(
        what,
        'does not open: it was altered, moved, or sealed with another key of that id',
      );
    }
  }
}

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ENTRY = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9_-]{43})$/;

/** JSON keeps ["ab","c"] and ["a","bc"] apart. */
function bound(id: string, context: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(['tokenward/sealed/1', id, ...context]), 'utf8');
}

function parse(line: string, option: string): { readonly id: string; readonly key: Secret } {
  const [, id, encoded] = ENTRY.exec(line) ?? [];
  const bytes = Buffer.from(encoded ?? '', 'base64url');
  if (!id || bytes.length !== 32 || bytes.toString('base64url') !== encoded)
    throw AuthError.configuration(
      option,
      'is not id:base64url of 32 bytes: make one with `tokenward secret --encryption`',
    );
  assertHardToGuess(option, bytes);
  return { id, key: new Secret(bytes) };
}
