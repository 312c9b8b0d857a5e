import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** Of a copy: a fresh key can stand still for ever when it is asked itself (the library's `jwkMembers` says why). */
export function publicJwk(key: KeyObject): JsonWebKey {
  return createPublicKey(key.export({ format: 'pem', type: 'spki' })).export({ format: 'jwk' });
}
