/** A password hash that another system made, read and judged but not computed. */
export interface StoredHash {
  /** `bcrypt`, `scrypt`, `pbkdf2`, `argon2`, `hook`: with `costMs` it says which hashes take about the same time. */
  readonly form: string;
  /** What verifying it takes on a slow core, in milliseconds: a rough guess from its parameters, for the bound. */
  readonly costMs: number;
  readonly memoryKib: number;
  /** Whether it may be of the normalised password, as ours are: then both are tried. Others hashed what was typed. */
  readonly mayBeOurs?: boolean;
  /** Whether the password is the hash's. */
  verify(password: string): Promise<boolean>;
}

/** Reads the text of a stored hash; undefined where it is not of the reader's form. */
export type HashReader = (text: string) => StoredHash | undefined;

/** Strict, so that a cut or mistyped value is unusable rather than compared. `adapted`: passlib's alphabet, `.` for `+`, without padding. */
export function base64Bytes(text: string, alphabet: 'standard' | 'adapted' = 'standard'): Buffer | undefined {
  const standard = alphabet === 'adapted' ? text.replaceAll('.', '+') : text;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(standard)) return undefined;
  const bytes = Buffer.from(standard, 'base64');
  const same = bytes.toString('base64').replaceAll('=', '') === standard.replaceAll('=', '');
  return same ? bytes : undefined;
}
