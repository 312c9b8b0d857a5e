import { AuthError } from './auth-error.js';
import { assertHardToGuess } from './guessable-secret.js';

const ENTRY = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9_-]+)$/;
const BYTES = 32;

export interface RingRules {
  /** Whether each secret has exactly 32 bytes, or at least 32. */
  readonly bytes: 'exactly 32' | 'at least 32';
  /** The command that makes a secret. */
  readonly madeBy: string;
}

export interface RingEntry {
  readonly id: string;
  readonly secret: Buffer;
}

export type Ring = readonly [RingEntry, ...RingEntry[]];

/**
 * Reads `id:base64url` lines, of which the first is in use. Throws `configuration_invalid` with the name of `option`,
 * never with a value, if there is no line, a line is malformed, a secret has the wrong length or is easy to guess, or
 * an id occurs twice.
 */
export function readRing(lines: readonly string[], option: string, rules: RingRules): Ring {
  const entries = lines.map((line, index) =>
    readEntry(line.trim(), `${option}[${String(index)}]`, rules),
  );
  const [first, ...others] = entries;
  if (!first)
    throw AuthError.configuration(option, `holds no secret: make one with \`${rules.madeBy}\``);
  if (new Set(entries.map(({ id }) => id)).size !== entries.length)
    throw AuthError.configuration(option, 'two secrets have one id: give each its own');
  return [first, ...others];
}

function readEntry(line: string, option: string, { bytes, madeBy }: RingRules): RingEntry {
  const [, id, encoded = ''] = ENTRY.exec(line) ?? [];
  const secret = Buffer.from(encoded, 'base64url');
  // exactly 32 bytes have only one encoding
  const isWhole = bytes === 'at least 32' || secret.toString('base64url') === encoded;
  const isLong = bytes === 'at least 32' ? secret.length >= BYTES : secret.length === BYTES;
  if (!id || !isWhole || !isLong)
    throw AuthError.configuration(
      option,
      `is not id:base64url of ${bytes} bytes: make one with \`${madeBy}\``,
    );
  assertHardToGuess(option, secret);
  return { id, secret };
}
