import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { SessionSnapshot } from '../../storage/session.js';
import type { Pepper, RefreshSecrets } from './refresh-secrets.js';

/*
 * base64url( version 1 ‖ session id 16 ‖ generation 4 ‖ secret 32 ‖ MAC 16 ): 69 bytes, 92
 * characters, no padding and no unused bits. The MAC proves that an old generation is ours, so
 * reuse can be proved without storing used tokens, and a made-up token never causes a query.
 */
const VERSION = 1;
const SIGNED_BYTES = 53;
const MAC_BYTES = 16;
const WRITTEN = /^[A-Za-z0-9_-]{92}$/;

export interface GenuineRefreshToken {
  readonly kind: 'genuine';
  readonly sessionId: string;
  readonly generation: number;
  readonly secret: Buffer;
}

export type OpenedRefreshToken = GenuineRefreshToken | { readonly kind: 'junk' };

export function writeRefreshToken(
  pepper: Pepper,
  sessionId: string,
  generation: number,
  secret: Buffer,
): string {
  const signed = Buffer.alloc(SIGNED_BYTES);
  signed.writeUInt8(VERSION, 0);
  signed.write(sessionId.replaceAll('-', ''), 1, 'hex');
  signed.writeUInt32BE(generation, 17);
  secret.copy(signed, 21);
  return Buffer.concat([signed, macOf(pepper, signed)]).toString('base64url');
}

/** Undefined for a token that no pepper of the ring has signed, or that is not in its canonical form. */
export function openRefreshToken(ring: RefreshSecrets, token: string): OpenedRefreshToken {
  if (!WRITTEN.test(token)) return { kind: 'junk' };
  const bytes = Buffer.from(token, 'base64url');
  const signed = bytes.subarray(0, SIGNED_BYTES);
  const mac = bytes.subarray(SIGNED_BYTES);
  if (signed[0] !== VERSION) return { kind: 'junk' };
  if (!ring.peppers.some((pepper) => timingSafeEqual(mac, macOf(pepper, signed))))
    return { kind: 'junk' };
  return {
    kind: 'genuine',
    sessionId: uuidOf(signed.subarray(1, 17)),
    generation: signed.readUInt32BE(17),
    secret: Buffer.from(signed.subarray(21)),
  };
}

/** Whether the token is the newest of its session, not a used one. */
export function isCurrent(
  { session, tokenHash }: SessionSnapshot,
  { generation, secret }: GenuineRefreshToken,
): boolean {
  return session.generation === generation && tokenHash.equals(hashSecret(secret));
}

/** The hash of a secret that the database stores. */
export function hashSecret(secret: Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}

function macOf(pepper: Pepper, signed: Buffer): Buffer {
  return createHmac('sha256', pepper.mac.reveal()).update(signed).digest().subarray(0, MAC_BYTES);
}

function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
