import { createHash } from 'node:crypto';
import type { Entropy } from '../../common/entropy.js';

const COUNT = 10;
/** From 112 bits on a plain hash may hold them (ASVS 5.0, 6.5.2). */
const BYTES = 15;
/** Without letters that are taken for others (Crockford). */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export interface RecoveryCodes {
  /** For the owner's eyes, once. */
  readonly codes: readonly string[];
  readonly hashes: readonly Buffer[];
}

/** Ten of 120 random bits each. */
export function newRecoveryCodes(subject: string, entropy: Entropy): RecoveryCodes {
  const codes = Array.from({ length: COUNT }, () => written(entropy.bytes(BYTES)));
  return { codes, hashes: codes.map((code) => recoveryHash(subject, code)) };
}

/** Of a code as somebody typed it: case, blanks and hyphens do not count, `o` is a zero, `i` and `l` are ones. */
export function recoveryHash(subject: string, code: string): Buffer {
  const plain = code.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1');
  return createHash('sha256')
    .update(JSON.stringify(['tokenward/recovery-code/1', subject, plain]))
    .digest();
}

/** `xxxx-xxxx-xxxx-xxxx-xxxx-xxxx`: five bits a character. */
function written(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five, 2)] ?? '');
  return (letters.join('').match(/.{4}/g) ?? []).join('-');
}
