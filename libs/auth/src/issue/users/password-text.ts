/**
 * After NFKC a text never has fewer UTF-8 bytes than its UTF-16 units divided by this. So a text
 * that is far too long is refused before it is normalised.
 */
const MOST_SHRINKING = 4;

/**
 * The bytes that are hashed: NFKC (NIST SP 800-63B-4, section 3.1.1.2: texts that look the same are
 * the same on every keyboard), then UTF-8, in full length (Argon2 has no 72-byte limit). Undefined
 * for more than `maxBytes`, which limits the work of normalising and hashing.
 */
export function passwordBytes(password: string, maxBytes: number): Buffer | undefined {
  if (password.length > maxBytes * MOST_SHRINKING) return undefined;
  const bytes = Buffer.from(password.normalize('NFKC'), 'utf8');
  return bytes.length > maxBytes ? undefined : bytes;
}

/**
 * The texts that are compared with an Argon2 hash, in this order: our hashes are of the normalised
 * text, those of other systems of the typed text. Undefined if it is too long.
 */
export function comparedTexts(password: string, maxBytes: number): readonly string[] | undefined {
  const own = passwordBytes(password, maxBytes)?.toString();
  return own === undefined ? undefined : [...new Set([own, password])];
}
