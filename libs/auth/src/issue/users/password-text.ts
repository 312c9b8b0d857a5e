/** UTF-16 units in, per UTF-8 byte out, that NFKC never reaches: a longer text need not be normalised to be too long. */
const MOST_SHRINKING = 4;

/**
 * The bytes that are hashed: NFKC (NIST SP 800-63B-4, section 3.1.1.2: what looks alike is typed alike on every keyboard), then UTF-8, all of them
 * (Argon2 has no 72-byte limit). Undefined when there are more than `maxBytes`: the work of normalising and hashing is bounded.
 */
export function passwordBytes(password: string, maxBytes: number): Buffer | undefined {
  if (password.length > maxBytes * MOST_SHRINKING) return undefined;
  const bytes = Buffer.from(password.normalize('NFKC'), 'utf8');
  return bytes.length > maxBytes ? undefined : bytes;
}

/** What is compared with an Argon2 hash, in this order: ours are of the normalised text, others hashed what was typed. Undefined when it is too long. */
export function comparedTexts(password: string, maxBytes: number): readonly string[] | undefined {
  const own = passwordBytes(password, maxBytes)?.toString();
  return own === undefined ? undefined : [...new Set([own, password])];
}
