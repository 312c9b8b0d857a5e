import { Injectable } from '@nestjs/common';
import { AuthError } from '../common/auth-error.js';
import type { StaticKeysOptions } from '../options/key-options.js';
import type { KeySet, PublicJwk, SigningKey, VerificationKey } from './key-set.js';
import { signatureFits } from './signature.js';
import { loadStaticKeys } from './static-keys.js';

export type { KeySet, PublicJwk, SigningKey, VerificationKey } from './key-set.js';

/** The keys in force, parsed once. A source that rotates calls `replace`; whoever caches by key compares `revision`. */
@Injectable()
export class Keyring {
  #signing: SigningKey | undefined;
  #byKid: ReadonlyMap<string, VerificationKey> = new Map();
  #jwks: { readonly keys: readonly PublicJwk[] } = { keys: [] };
  #revision = 0;

  constructor(keys: KeySet) {
    this.replace(keys);
  }

  /** Keys given once, at boot. Throws `configuration_invalid`, naming the option and the cure. */
  static fromOptions(options: StaticKeysOptions): Keyring {
    return new Keyring(loadStaticKeys(options));
  }

  /** Changes whenever the keys change; what was concluded from the keys before is void then. */
  get revision(): number {
    return this.#revision;
  }

  /** The keys change all at once: a reader sees the old ones or the new ones, never a mixture. Throws `configuration_invalid` on two keys of one kid. */
  replace(keys: KeySet): void {
    const byKid = new Map(keys.verification.map((key) => [key.kid, key]));
    if (byKid.size !== keys.verification.length) {
      throw AuthError.configuration('keys', 'two keys have the same kid: give each its own');
    }
    this.#signing = keys.signing;
    this.#byKid = byKid;
    const published = keys.verification.flatMap(({ publicJwk }) => (publicJwk ? [publicJwk] : []));
    this.#jwks = Object.freeze({ keys: Object.freeze(published) });
    this.#revision += 1;
  }

  /** The key that signs now. Throws `configuration_invalid` where this process only verifies. */
  signer(): SigningKey {
    if (!this.#signing) {
      throw AuthError.configuration(
        'keys',
        'this process only verifies: give it a signing key to issue tokens',
      );
    }
    return this.#signing;
  }

  /** By `kid` in a table of our own: whatever a token puts there reaches no path, query or prototype. */
  verificationKey(kid: string): VerificationKey | undefined {
    return this.#byKid.get(kid);
  }

  /** Whether `signature` is the key's own over `signed`, by the key's algorithm and no other. */
  signatureFits(key: VerificationKey, signed: Buffer, signature: Buffer): boolean {
    return signatureFits(key, signed, signature);
  }

  /** RFC 7517, section 5: public members only, no secrets; the same frozen object until the keys change. */
  publicJwks(): { readonly keys: readonly PublicJwk[] } {
    return this.#jwks;
  }
}
