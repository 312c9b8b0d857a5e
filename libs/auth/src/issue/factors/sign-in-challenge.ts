import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Entropy } from '../../common/entropy.js';
import type { Pepper, RefreshSecrets } from '../sessions/refresh-secrets.js';

/*
 * base64url( milliseconds 6 ‖ random 10 ‖ MAC 16 ): 32 bytes, the writing of a one-time token. Nothing is kept of a challenge until an answer comes: whoever
 * asks for them writes no row (WebAuthn, section 13.4.3: 16 bytes that nobody can guess).
 */
const SIGNED_BYTES = 16;
const RANDOM_BYTES = 10;
const MAC_BYTES = 16;
const WRITTEN = /^[A-Za-z0-9_-]{43}$/;

export function mintSignInChallenge(
  { minting }: Pick<RefreshSecrets, 'minting'>,
  untilMs: number,
  entropy: Pick<Entropy, 'bytes'>,
): string {
  const head = Buffer.alloc(SIGNED_BYTES);
  head.writeUIntBE(Math.floor(untilMs), 0, 6);
  entropy.bytes(RANDOM_BYTES).copy(head, 6);
  return Buffer.concat([head, macOf(minting, head)]).toString('base64url');
}

/** Whether a process of ours made it, and it is not over. */
export function isLiveSignInChallenge(
  { peppers }: Pick<RefreshSecrets, 'peppers'>,
  text: string,
  nowMs: number,
): boolean {
  if (!WRITTEN.test(text)) return false;
  const bytes = Buffer.from(text, 'base64url');
  const head = bytes.subarray(0, SIGNED_BYTES);
  const mac = bytes.subarray(SIGNED_BYTES);
  return peppers.some((pepper) => timingSafeEqual(mac, macOf(pepper, head))) && nowMs < head.readUIntBE(0, 6);
}

function macOf({ passkey }: Pepper, head: Buffer): Buffer {
  return createHmac('sha256', passkey.reveal()).update(head).digest().subarray(0, MAC_BYTES);
}
