import { createHash } from 'node:crypto';
import type { Entropy } from '../../common/entropy.js';

const COUNT = 10;
/** A secret of at least 112 bits may be stored as a plain hash (ASVS 5.0, 6.5.2). */
const BYTES = 15;
/** Without letters that look like digits (Crockford). */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export interface RecoveryCodes {
  /** To be shown to the owner, once. */
  readonly codes: readonly string[];
  readonly hashes: readonly Buffer[];
}

/** Ten codes of 120 random bits each. */
export function newRecoveryCodes(subject: string, entropy: Entropy): RecoveryCodes {
  const codes = Array.from({ length: COUNT }, () => written(entropy.bytes(BYTES)));
  return { codes, hashes: codes.map((code) => recoveryHash(subject, code)) };
}

/**
 * The hash of a code as a person typed it: case, blanks and hyphens do not matter, `o` counts as zero, `i` and `l` as
 * one.
 */
export function recoveryHash(subject: string, code: string): Buffer {
  const plain = code
    .toLowerCase()
    .replaceAll(/[\s-]/g, '')
    .replaceAll('o', '0')
    .replaceAll(/[il]/g, '1');
  return createHash('sha256')
    .update(JSON.stringify(['tokenward/recovery-code/1', subject, plain]))
    .digest();
}

/** `xxxx-xxxx-xxxx-xxxx-xxxx-xxxx`: five bits a character. */
function written(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = (bits.match(/.{5}/g) ?? []).map(
    (five) => ALPHABET[Number.parseInt(five, 2)] ?? '',
  );
  return (letters.join('').match(/.{4}/g) ?? []).join('-');
}
