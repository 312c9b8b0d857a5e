/** A password hash of another system, parsed and checked but not computed. */
export interface StoredHash {
  /**
   * `bcrypt`, `scrypt`, `pbkdf2`, `argon2` or `hook`. Hashes with the same form and `costMs` take
   * about the same time.
   */
  readonly form: string;
  /**
   * The time of a verification on a slow core, in milliseconds: a rough estimate from the
   * parameters, for the limit.
   */
  readonly costMs: number;
  readonly memoryKib: number;
  /**
   * Whether the hash may be of the normalised password, as ours are: then both texts are tried.
   * Other systems hash the text as typed.
   */
  readonly mayBeOurs?: boolean;
  /** Whether the password matches the hash. */
  verify(password: string): Promise<boolean>;
}

/** Reads a stored hash; undefined if the text is not in the reader's form. */
export type HashReader = (text: string) => StoredHash | undefined;

/**
 * Strict, so that a truncated or mistyped value makes the hash unusable and is not compared.
 * `adapted`: passlib's alphabet, with `.` for `+` and without padding.
 */
export function base64Bytes(
  text: string,
  alphabet: 'standard' | 'adapted' = 'standard',
): Buffer | undefined {
  const standard = alphabet === 'adapted' ? text.replaceAll('.', '+') : text;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(standard)) return undefined;
  const bytes = Buffer.from(standard, 'base64');
  const same = bytes.toString('base64').replaceAll('=', '') === standard.replaceAll('=', '');
  return same ? bytes : undefined;
}
