import { hkdfSync } from 'node:crypto';
import { Secret } from './secret.js';

/** A key of 32 bytes for one use of `secret` (HKDF-SHA256, RFC 5869); another label gives an unrelated key. */
export function deriveKey(secret: Secret, label: string): Secret {
  return new Secret(Buffer.from(hkdfSync('sha256', secret.reveal(), '', `tokenward/${label}`, 32)));
}
