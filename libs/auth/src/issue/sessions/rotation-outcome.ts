import type { SessionSnapshot } from '../../storage/session.js';

export interface PresentedGeneration {
  readonly generation: number;
  readonly hash: Buffer;
  /** SHA-256 of the `Idempotency-Key` that came along. */
  readonly keyHash?: Buffer;
}

/** For how long after a rotation its predecessor may come again. */
export interface Leeways {
  readonly reuseLeewayMs: number;
  /** With the key of that rotation; 0 turns it off. */
  readonly retryWindowMs: number;
}

/** What a rotation that matched no row means (contract, section 5). */
export type MissedRotation =
  /** No such session, or not a live one: a plain 401. */
  | 'dead'
  /** The row still is what was presented: another transaction was in the way. */
  | 'unmoved'
  /** The previous generation inside the leeway, or with the key of its rotation: the same successor again. */
  | 'replay'
  /** The previous generation, replaced by a password change or reauthentication a moment ago: a lost answer. */
  | 'superseded'
  /** A newer generation, or the current one with another hash: a restored database. */
  | 'mismatch'
  | 'reuse';

/** An answer of a password change may get lost; for this long its predecessor is not theft. */
const SUPERSEDED_LEEWAY_MS = 60_000;

export function classifyMiss(
  snapshot: SessionSnapshot | undefined,
  presented: PresentedGeneration,
  { reuseLeewayMs, retryWindowMs }: Leeways,
): MissedRotation {
  if (!snapshot?.live) return 'dead';
  const { generation } = snapshot.session;
  if (presented.generation > generation) return 'mismatch';
  if (presented.generation === generation)
    return presented.hash.equals(snapshot.tokenHash) ? 'unmoved' : 'mismatch';
  if (presented.generation < generation - 1 || snapshot.rotatedAgoMs === null) return 'reuse';
  if (isRetry(snapshot, presented.keyHash, retryWindowMs)) return 'replay';
  switch (snapshot.rotationCause) {
    case 'refresh':
      return reuseLeewayMs > 0 && snapshot.rotatedAgoMs <= reuseLeewayMs ? 'replay' : 'reuse';
    case 'password':
    case 'reauthenticate':
      return snapshot.rotatedAgoMs <= Math.max(reuseLeewayMs, SUPERSEDED_LEEWAY_MS) ? 'superseded' : 'reuse';
    case null:
      return 'reuse';
  }
}

/** Whether this key named the last rotation, a short while ago. */
export function isRetry(
  { rotationKey, rotatedAgoMs }: SessionSnapshot,
  keyHash: Buffer | undefined,
  retryWindowMs: number,
): boolean {
  if (!keyHash || !rotationKey?.equals(keyHash) || rotatedAgoMs === null) return false;
  return retryWindowMs > 0 && rotatedAgoMs <= retryWindowMs;
}
