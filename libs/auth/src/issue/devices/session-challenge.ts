import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Entropy } from '../../common/entropy.js';
import type { Pepper, RefreshSecrets } from '../sessions/refresh-secrets.js';

/**
 * A challenge of one kind is not accepted as another. `none` goes to a caller who must not get a real one, and is never
 * accepted.
 */
export type ChallengeKind = 'registration' | 'refresh' | 'none';

export type OpenedChallenge =
  /** `id` begins with the time in hex, so of two ids the older challenge has the one that sorts first. */
  | { readonly kind: 'fresh'; readonly id: string }
  /** `foreign`: of another session or kind, or not made by us. */
  | { readonly kind: 'stale' | 'foreign' };

export const CHALLENGE_LIFETIME_MS = 300_000;

/*
 * base64url( kind 1 ‖ milliseconds 6 ‖ random 16 ‖ MAC 16 ): 39 bytes, 52 characters, with one
 * valid spelling. The MAC also covers the session's id. A challenge is not stored until it is used,
 * so every process can check it, and requesting challenges uses no memory.
 */
const KINDS: Readonly<Record<ChallengeKind, number>> = { registration: 1, refresh: 2, none: 3 };
const SIGNED_BYTES = 23;
const RANDOM_BYTES = 16;
const MAC_BYTES = 16;
const WRITTEN = /^[A-Za-z0-9_-]{52}$/;

export interface ChallengeOf {
  readonly kind: ChallengeKind;
  readonly sessionId: string;
}

export function mintChallenge(
  { minting }: Pick<RefreshSecrets, 'minting'>,
  { kind, sessionId }: ChallengeOf,
  nowMs: number,
  entropy: Pick<Entropy, 'bytes'>,
): string {
  const head = Buffer.alloc(SIGNED_BYTES);
  head.writeUInt8(KINDS[kind], 0);
  head.writeUIntBE(Math.floor(nowMs), 1, 6);
  entropy.bytes(RANDOM_BYTES).copy(head, 7);
  return Buffer.concat([head, macOf(minting, head, sessionId)]).toString('base64url');
}

/** `toleranceMs`: how far the clock of the process that made the challenge may be ahead. */
export function openChallenge(
  { peppers }: Pick<RefreshSecrets, 'peppers'>,
  { kind, sessionId }: ChallengeOf,
  text: string,
  clock: { readonly nowMs: number; readonly toleranceMs: number },
): OpenedChallenge {
  if (!WRITTEN.test(text)) return { kind: 'foreign' };
  const bytes = Buffer.from(text, 'base64url');
  const head = bytes.subarray(0, SIGNED_BYTES);
  const mac = bytes.subarray(SIGNED_BYTES);
  const isOurs = peppers.some((pepper) => timingSafeEqual(mac, macOf(pepper, head, sessionId)));
  if (!isOurs || head[0] !== KINDS[kind]) return { kind: 'foreign' };
  const ageMs = clock.nowMs - head.readUIntBE(1, 6);
  if (ageMs > CHALLENGE_LIFETIME_MS || ageMs < -clock.toleranceMs) return { kind: 'stale' };
  return { kind: 'fresh', id: head.subarray(1).toString('hex') };
}

/**
 * Every challenge whose id sorts before this one is stale on every process whose clock is off by at most `toleranceMs`.
 */
export function oldestChallengeId({
  nowMs,
  toleranceMs,
}: {
  readonly nowMs: number;
  readonly toleranceMs: number;
}): string {
  const oldest = Math.max(0, Math.floor(nowMs - CHALLENGE_LIFETIME_MS - 2 * toleranceMs));
  return oldest.toString(16).padStart(12, '0');
}

function macOf(pepper: Pepper, head: Buffer, sessionId: string): Buffer {
  const hmac = createHmac('sha256', pepper.challenge.reveal())
    .update(head)
    .update(sessionId, 'utf8');
  return hmac.digest().subarray(0, MAC_BYTES);
}
