import { createCipheriv, createDecipheriv } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import type { Entropy } from '../../common/entropy.js';
import { Secret } from '../../common/secret.js';
import { readRing, type RingEntry } from '../../common/secret-ring.js';

interface SealingKey {
  readonly id: string;
  readonly key: Secret;
}

const RULES = { bytes: 'exactly 32', madeBy: 'tokenward secret --encryption' } as const;

/**
 * Keys that seal values in a database: `id:base64url` of exactly 32 bytes each. The first key
 * seals; all can open.
 */
export class SealingRing {
  readonly #keys: readonly [SealingKey, ...SealingKey[]];

  /** Throws `configuration_invalid` with the name of `option`, never with a value. */
  constructor(lines: readonly string[], option: string) {
    const [first, ...others] = readRing(lines, option, RULES);
    this.#keys = [keyOf(first), ...others.map(keyOf)];
  }

  /**
   * AES-256-GCM (NIST SP 800-38D): `version ‖ length ‖ key id ‖ nonce ‖ tag ‖ ciphertext`. The
   * value can only be opened with the same `context`.
   */
  seal(plain: Buffer, context: readonly string[], entropy: Entropy): Buffer {
    const [first] = this.#keys;
    const nonce = entropy.bytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', first.key.reveal(), nonce);
    cipher.setAAD(bound(first.id, context));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    const id = Buffer.from(first.id, 'ascii');
    return Buffer.concat([Buffer.of(VERSION, id.length), id, nonce, cipher.getAuthTag(), sealed]);
  }

  /** Whether the first key of the ring sealed the value. */
  isCurrent(sealed: Buffer): boolean {
    return sealed.subarray(2, 2 + (sealed[1] ?? 0)).toString('ascii') === this.#keys[0].id;
  }

  /**
   * Throws `configuration_invalid` if the key is not in the ring, or if the sealed value was
   * changed or moved.
   */
  open(sealed: Buffer, context: readonly string[], what: string): Buffer {
    const idEnd = 2 + (sealed[1] ?? 0);
    const id = sealed.subarray(2, idEnd).toString('ascii');
    const tagAt = idEnd + NONCE_BYTES;
    const found = this.#keys.find((each) => each.id === id);
    if (sealed[0] !== VERSION || sealed.length < tagAt + TAG_BYTES || !found)
      throw AuthError.configuration(
        what,
        'is sealed with a key that is not configured: add it to the ring',
      );
    try {
      const decipher = createDecipheriv(
        'aes-256-gcm',
        found.key.reveal(),
        sealed.subarray(idEnd, tagAt),
        {
          authTagLength: TAG_BYTES,
        },
      );
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

/** JSON distinguishes ["ab","c"] from ["a","bc"]. */
function bound(id: string, context: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(['tokenward/sealed/1', id, ...context]), 'utf8');
}

const keyOf = ({ id, secret }: RingEntry): SealingKey => ({ id, key: new Secret(secret) });
