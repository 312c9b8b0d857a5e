import { createPublicKey } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import type { Keyring } from '../keys/keyring.service.js';
import { type EncryptionKey, readEncryptionKeys } from '../keys/encryption-ring.js';
import type { ResolvedEncryption } from '../../options/resolved-options.js';
import { MAX_TOKEN_BYTES } from './access-claims.js';
import { decodeBase64Url } from './base64url.js';
import { parseStrictJson } from './strict-json.js';
import { own, type Refusal, refused, REFUSED_MEMBERS } from './verification-policy.js';

const CONTENT_ENCRYPTION = 'A256GCM';
/**
 * Loaded only when needed: jose has only ES modules, and some test runners only support CommonJS.
 */
const jose = () => import('jose');

export type Decryption = { readonly kind: 'decrypted'; readonly signed: string } | Refusal;

/**
 * Nested JWE (RFC 7516; RFC 7519, section 11.2). Only the signed token inside is trusted, because
 * others may be able to encrypt, too.
 */
export class TokenEncryption {
  readonly plaintext: ResolvedEncryption['plaintext'];
  readonly #keys: ReadonlyMap<string, EncryptionKey>;
  readonly #first: EncryptionKey;

  /** Throws `configuration_invalid`, naming the option and the cure. */
  constructor(options: ResolvedEncryption, keyring: Keyring) {
    this.plaintext = options.plaintext;
    this.#keys = readEncryptionKeys(options, (key) => keyring.holds(key));
    const [first] = this.#keys.values();
    if (!first) throw AuthError.configuration('accessToken.encryption.keys', 'holds no key');
    this.#first = first;
  }

  /** Header: `alg`, `enc`, `kid`, `cty: "JWT"`, and `epk` for ECDH-ES. */
  async encrypt(signed: string): Promise<string> {
    const { CompactEncrypt } = await jose();
    const { kid, algorithm, key } = this.#first;
    return new CompactEncrypt(Buffer.from(signed, 'latin1'))
      .setProtectedHeader({ alg: algorithm, enc: CONTENT_ENCRYPTION, kid, cty: 'JWT' })
      .encrypt(algorithm === 'dir' ? key : createPublicKey(key));
  }

  /** Key and algorithms come from the configuration of the `kid`. Every problem is an outcome. */
  async decrypt(token: string): Promise<Decryption> {
    const key = this.#keyOf(token);
    if ('kind' in key) return key;
    const { compactDecrypt } = await jose();
    try {
      const { plaintext } = await compactDecrypt(token, key.key, {
        keyManagementAlgorithms: [key.algorithm],
        contentEncryptionAlgorithms: [CONTENT_ENCRYPTION],
      });
      return { kind: 'decrypted', signed: Buffer.from(plaintext).toString('latin1') };
    } catch {
      return refused('decryption_failed');
    }
  }

  #keyOf(token: string): EncryptionKey | Refusal {
    // characters equal bytes here, because a text beyond ASCII is not base64url
    if (token.length > MAX_TOKEN_BYTES) return refused('oversized');
    const [head = '', encryptedKey = '', ...rest] = token.split('.');
    const headerBytes = decodeBase64Url(head);
    const header = headerBytes && parseStrictJson(headerBytes);
    if (!header || rest.length !== 3 || !rest.every(decodeBase64Url)) return refused('malformed');
    if (encryptedKey !== '' && !decodeBase64Url(encryptedKey)) return refused('malformed');
    if (REFUSED_MEMBERS.some((name) => Object.hasOwn(header.value, name)))
      return refused('header_refused');
    const cty = own(header.value, 'cty');
    if (typeof cty !== 'string' || cty.toLowerCase() !== 'jwt') return refused('type_refused');
    const kid = own(header.value, 'kid');
    const key = typeof kid === 'string' ? this.#keys.get(kid) : undefined;
    if (!key) return refused('key_unknown');
    if (
      own(header.value, 'alg') !== key.algorithm ||
      own(header.value, 'enc') !== CONTENT_ENCRYPTION
    )
      return refused('algorithm_mismatch');
    // RFC 7516, section 5.2, step 10: direct encryption has no encrypted key
    if ((encryptedKey === '') !== (key.algorithm !== 'RSA-OAEP-256')) return refused('malformed');
    return key;
  }
}

/** A JWE in compact serialization has five parts, a JWS three. Any other number is invalid. */
export function looksEncrypted(token: string): boolean {
  let dots = 0;
  for (let at = token.indexOf('.'); at !== -1 && dots < 5; at = token.indexOf('.', at + 1))
    dots += 1;
  return dots === 4;
}
