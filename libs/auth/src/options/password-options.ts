import type { Duration } from '../common/duration.js';

/** Reads and compares hashes of another system whose form is not built in. */
export interface StoredHashHook {
  /** Whether the stored text is of this form. */
  recognises(hash: string): boolean;
  /** Whether the password, as it was typed, matches the hash. A rejection is answered 503, not as a wrong password. */
  verify(password: string, hash: string): Promise<boolean>;
}

export interface PasswordOptions {
  /** Characters, after NFKC. Default 8 (NIST SP 800-63B, section 3.1.1.2). */
  readonly minLength?: number;
  /** Bytes of UTF-8, checked before anything is hashed. Default 1,024. */
  readonly maxBytes?: number;
  /** Argon2id memory in KiB, 7,168 to 1,048,576. Default 19,456 (OWASP Password Storage Cheat Sheet). */
  readonly memoryCost?: number;
  /** Argon2id iterations. Default 2. */
  readonly timeCost?: number;
  /** Argon2id lanes (threads of one hash). Default 1. */
  readonly parallelism?: number;
  /** Hashes computed at the same time; further ones wait. Default: half of the cores, at least 1. */
  readonly concurrency?: number;
  /** Logins that may wait for a hash; further ones are answered 503. Default 100. */
  readonly maxQueue?: number;
  /**
   * Forms of stored hashes beyond the built-in ones (bcrypt, scrypt, PBKDF2 and Argon2 as Django, Werkzeug, passlib,
   * ASP.NET Core Identity and the PHC form write them). A hash that verifies is replaced by a current one at that
   * login. Default none.
   */
  readonly storedHashes?: readonly StoredHashHook[];
  /**
   * A stored hash that would take longer on a slow core, estimated from its parameters, is not computed: the login is
   * refused, and the hash is reported. A hook has the same time to answer; after it the login is answered 503.
   * Default `5s`.
   */
  readonly storedHashLimit?: Duration;
  /** Refuses passwords of the built-in list of common ones. Default true. */
  readonly refuseCommon?: boolean;
  /**
   * Names of your company and product, 4 to 64 characters each: a new password may not contain one (ASVS 5.0, 6.2.11).
   * Default none.
   */
  readonly contextWords?: readonly string[];
  /**
   * An online check of a new password (by k-anonymity, for example). If it cannot be reached, the password counts as
   * not breached. Default none.
   */
  readonly breachCheck?: (password: string) => Promise<'breached' | 'not_found'>;
}
