import { group, list, oneOf, text } from '../common/option-schema.js';
import { keyMaterial, type KeyMaterial } from './key-options.js';

const ENCRYPTION_ALGORITHMS = ['dir', 'RSA-OAEP-256', 'ECDH-ES'] as const;
/**
 * How the content key is determined (RFC 7518, section 4.1). RSA1_5 and the password-based algorithms cannot be
 * configured.
 */
export type EncryptionAlgorithm = (typeof ENCRYPTION_ALGORITHMS)[number];

export interface EncryptionKeyOptions {
  /** `kid` of the JWE. */
  readonly keyId: string;
  /**
   * Default `dir`: the secret is the content key. `RSA-OAEP-256` and `ECDH-ES` cost a private-key operation for every
   * token that is not in the cache.
   */
  readonly algorithm?: EncryptionAlgorithm;
  /**
   * For `dir`, 32 bytes, as text in base64url. Otherwise a private key: RSA of at least 2048 bits, or EC on P-256,
   * P-384 or P-521. A key that signs is refused.
   */
  readonly key: KeyMaterial;
}

/**
 * Nested JWE (RFC 7519, section 11.2): for claims that clients must not read. The content is A256GCM over the signed
 * token.
 */
export interface EncryptionOptions {
  /** The first key encrypts, all of them decrypt. Verify-only services need them as well. */
  readonly keys: readonly EncryptionKeyOptions[];
  /**
   * For a rollout without downtime, in three steps. `issued`: tokens are still issued unencrypted, and both kinds are
   * accepted; set this first, everywhere. `accepted`: tokens are issued encrypted, and both kinds are accepted; set
   * this next, everywhere, for one access TTL. `refused`, the default: only encrypted tokens are issued and accepted.
   */
  readonly plaintext?: 'issued' | 'accepted' | 'refused';
}

export const encryptionSchema = group({
  keys: list(
    group({
      keyId: text(),
      algorithm: oneOf(ENCRYPTION_ALGORITHMS).prefault('dir'),
      key: keyMaterial<EncryptionKeyOptions['key']>(),
    }),
    'a list of 1 to 16 keys: the first encrypts',
  )
    .refine(
      ({ length }) => length >= 1 && length <= 16,
      'must hold 1 to 16 keys: the first encrypts',
    )
    .refine(
      (keys) => new Set(keys.map(({ keyId }) => keyId)).size === keys.length,
      'two keys have the same keyId: give each its own',
    ),
  plaintext: oneOf(['issued', 'accepted', 'refused']).prefault('refused'),
});
