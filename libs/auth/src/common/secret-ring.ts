import { AuthError } from './auth-error.js';
import { assertHardToGuess } from './guessable-secret.js';

const ENTRY = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9_-]+)$/;
const BYTES = 32;

export interface RingRules {
  /** Whether each secret has 32 bytes, or 32 and more. */
  readonly bytes: 'exactly 32' | 'at least 32';
  /** The command that makes one. */
  readonly madeBy: string;
}

export interface RingEntry {
  readonly id: string;
  readonly secret: Buffer;
}

export type Ring = readonly [RingEntry, ...RingEntry[]];

/**
 * Reads `id:base64url` lines, the first of which is in use. Throws `configuration_invalid` by the name of `option`, never with a value: no line,
 * a line that cannot be read, a secret of the wrong length or easy to guess, one id twice.
 */
export function readRing(lines: readonly string[], option: string, rules: RingRules): Ring {
  const entries = lines.map((line, index) => readEntry(line.trim(), `${option}[${String(index)}]`, rules));
  const [first, ...others] = entries;
  if (!first) throw AuthError.configuration(option, `holds no secret: make one with \`${rules.madeBy}\``);
  if (new Set(entries.map(({ id }) => id)).size !== entries.length)
    throw AuthError.configuration(option, 'two secrets have one id: give each its own');
  return [first, ...others];
}

function readEntry(line: string, option: string, { bytes, madeBy }: RingRules): RingEntry {
  const [, id, encoded = ''] = ENTRY.exec(line) ?? [];
  const secret = Buffer.from(encoded, 'base64url');
  // of exactly 32 bytes there is one writing
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
