import { createPublicKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { StaticKeysOptions } from '../../options/key-options.js';
import type { KeySet, PublicJwk, SigningKey, VerificationKey } from './key-set.js';
import { signatureFits } from './signature.js';
import { loadStaticKeys } from './static-keys.js';
import { publicKeyThumbprint } from './thumbprint.js';
import { isSameKey } from './same-key.js';

/** The current keys, parsed once. Key rotation calls `replace`; caches compare `revision`. */
@Injectable()
export class Keyring {
  #given: KeySet = { verification: [] };
  #signing: SigningKey | undefined;
  #byKid: ReadonlyMap<string, VerificationKey> = new Map();
  #jwks: { readonly keys: readonly PublicJwk[] } = { keys: [] };
  #revision = 0;
  readonly #revoked = new Set<string>();

  constructor(keys: KeySet) {
    this.replace(keys);
  }

  /** Keys that are given once, at boot. Throws `configuration_invalid`, naming the option and the cure. */
  static fromOptions(options: StaticKeysOptions): Keyring {
    return new Keyring(loadStaticKeys(options));
  }

  /** Changes whenever the keys change; results under the former keys are then invalid. */
  get revision(): number {
    return this.#revision;
  }

  /** How many keys verify. */
  get size(): number {
    return this.#byKid.size;
  }

  /**
   * Replaces all keys at once: a reader sees the old ones or the new ones, never a mixture. Throws
   * `configuration_invalid` if two keys have the same kid.
   */
  replace(keys: KeySet): void {
    if (new Set(keys.verification.map(({ kid }) => kid)).size !== keys.verification.length) {
      throw AuthError.configuration('keys', 'two keys have the same kid: give each its own');
    }
    this.#given = keys;
    this.#apply();
  }

  /**
   * From now on the key signs and verifies nothing and is not in the JWKS. No later `replace`
   * brings it back.
   */
  revoke(kid: string): void {
    if (this.#revoked.has(kid)) return;
    this.#revoked.add(kid);
    this.#apply();
  }

  isRevoked(kid: string): boolean {
    return this.#revoked.has(kid);
  }

  #apply(): void {
    const { signing } = this.#given;
    const verification = this.#given.verification.filter(({ kid }) => !this.#revoked.has(kid));
    this.#signing = signing && !this.#revoked.has(signing.kid) ? signing : undefined;
    this.#byKid = new Map(verification.map((key) => [key.kid, key]));
    const published = verification.flatMap(({ publicJwk }) => (publicJwk ? [publicJwk] : []));
    this.#jwks = Object.freeze({ keys: Object.freeze(published) });
    this.#revision += 1;
  }

  /**
   * The key that signs now. Throws `configuration_invalid` if this process only verifies,
   * `unavailable` if the only signing key was revoked.
   */
  signer(): SigningKey {
    if (this.#signing) return this.#signing;
    if (this.#given.signing) {
      throw AuthError.unavailable(
        'the signing key was revoked and there is no other: give the process a new one',
      );
    }
    throw AuthError.configuration(
      'keys',
      'this process only verifies: give it a signing key to issue tokens',
    );
  }

  /**
   * RFC 7638 thumbprints of the signing key, or of all verifying keys. Whoever holds the private
   * keys is the issuer, whatever its name. Empty for HMAC.
   */
  thumbprints(which: 'signing' | 'verifying'): readonly string[] {
    return [...this.#byKid.values()]
      .filter(
        ({ kid, publicJwk }) => publicJwk && (which === 'verifying' || kid === this.#signing?.kid),
      )
      .map(({ publicKey }) => publicKeyThumbprint(publicKey));
  }

  /**
   * Looks the `kid` up in a table of our own: the text from the token never reaches a path, a query
   * or a prototype.
   */
  verificationKey(kid: string): VerificationKey | undefined {
    return this.#byKid.get(kid);
  }

  /** Whether the key, or its public half, is one of those that verify. */
  holds(key: KeyObject): boolean {
    const verifier = key.type === 'private' ? createPublicKey(key) : key;
    return [...this.#byKid.values()].some(({ publicKey }) => isSameKey(publicKey, verifier));
  }

  /** Whether `signature` is the key's own over `signed`, by the key's only algorithm. */
  signatureFits(key: VerificationKey, signed: Buffer, signature: Buffer): boolean {
    return signatureFits(key, signed, signature);
  }

  /** RFC 7517, section 5: only public members, no secrets. The same frozen object until the keys change. */
  publicJwks(): { readonly keys: readonly PublicJwk[] } {
    return this.#jwks;
  }
}
