import { createHash, type KeyObject } from 'node:crypto';
import { jwkMembers } from './jwk-members.js';

/** Members of RFC 7638, section 3.2, in lexicographic order. */
const REQUIRED_MEMBERS = { RSA: ['e', 'kty', 'n'], EC: ['crv', 'kty', 'x', 'y'] } as const;

/** RFC 7638 thumbprint (SHA-256, base64url) of a public RSA or EC key. */
export function publicKeyThumbprint(key: KeyObject): string {
  const jwk = jwkMembers(key);
  const members = REQUIRED_MEMBERS[jwk.kty as keyof typeof REQUIRED_MEMBERS];
  const canonical = JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]])));
  return createHash('sha256').update(canonical).digest('base64url');
}

// labelled: a plain RFC 7638 thumbprint of an `oct` key would publish a hash that other systems may
// store for this secret
export function secretKeyId(secret: Buffer): string {
  return createHash('sha256')
    .update('tokenward kid of an HMAC secret\0')
    .update(secret)
    .digest('base64url');
}
