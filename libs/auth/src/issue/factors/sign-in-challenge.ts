import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Entropy } from '../../common/entropy.js';
import type { Pepper, RefreshSecrets } from '../sessions/refresh-secrets.js';

/*
 * base64url( milliseconds 6 ‖ random 10 ‖ MAC 16 ): 32 bytes, in the format of a one-time token. A
 * challenge is not stored until an answer comes, so requesting one writes no row (WebAuthn, section
 * 13.4.3: 16 bytes that cannot be guessed). The MAC also covers the ticket of the login whose second step it is for;
 * without a ticket it is for a sign-in without a name.
 */
const SIGNED_BYTES = 16;
const RANDOM_BYTES = 10;
const MAC_BYTES = 16;
const WRITTEN = /^[A-Za-z0-9_-]{43}$/;

export function mintSignInChallenge(
  { minting }: Pick<RefreshSecrets, 'minting'>,
  untilMs: number,
  entropy: Pick<Entropy, 'bytes'>,
  ticket = '',
): string {
  const head = Buffer.alloc(SIGNED_BYTES);
  head.writeUIntBE(Math.floor(untilMs), 0, 6);
  entropy.bytes(RANDOM_BYTES).copy(head, 6);
  return Buffer.concat([head, macOf(minting, head, ticket)]).toString('base64url');
}

/** Whether one of our processes made the challenge for this ticket, and it has not expired. */
export function isLiveSignInChallenge(
  { peppers }: Pick<RefreshSecrets, 'peppers'>,
  text: string,
  nowMs: number,
  ticket = '',
): boolean {
  if (!WRITTEN.test(text)) return false;
  const bytes = Buffer.from(text, 'base64url');
  const head = bytes.subarray(0, SIGNED_BYTES);
  const mac = bytes.subarray(SIGNED_BYTES);
  return (
    peppers.some((pepper) => timingSafeEqual(mac, macOf(pepper, head, ticket))) &&
    nowMs < head.readUIntBE(0, 6)
  );
}

function macOf({ passkey }: Pepper, head: Buffer, ticket: string): Buffer {
  // the head is of fixed length, so that no two inputs have the same bytes
  const hmac = createHmac('sha256', passkey.reveal()).update(head).update(ticket, 'utf8');
  return hmac.digest().subarray(0, MAC_BYTES);
}
