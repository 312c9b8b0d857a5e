import type { SessionSnapshot } from '../../storage/session.js';

export interface PresentedGeneration {
  readonly generation: number;
  readonly hash: Buffer;
  /** SHA-256 of the `Idempotency-Key` of the request. */
  readonly keyHash?: Buffer;
}

/** For how long after a rotation the previous token may be presented again. */
export interface Leeways {
  readonly reuseLeewayMs: number;
  /** For repeats with the key of that rotation; 0 turns it off. */
  readonly retryWindowMs: number;
}

/** The meaning of a rotation that matched no row (contract, section 5). */
export type MissedRotation =
  /** The session does not exist or is not live: a plain 401. */
  | 'dead'
  /** The row still matches what was presented: another transaction held it. */
  | 'unmoved'
  /**
   * The previous generation, within the leeway or with the key of its rotation: the same successor
   * is returned again.
   */
  | 'replay'
  /**
   * The previous generation, which a password change or reauthentication replaced a moment ago: its
   * answer was lost.
   */
  | 'superseded'
  /** A newer generation, or the current one with another hash: the database was restored. */
  | 'mismatch'
  | 'reuse';

/**
 * The answer to a password change may get lost; for this long a use of the previous token is not
 * treated as theft.
 */
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
      return snapshot.rotatedAgoMs <= Math.max(reuseLeewayMs, SUPERSEDED_LEEWAY_MS)
        ? 'superseded'
        : 'reuse';
    case null:
      return 'reuse';
  }
}

/** Whether this key came with the last rotation, within the retry window. */
export function isRetry(
  { rotationKey, rotatedAgoMs }: SessionSnapshot,
  keyHash: Buffer | undefined,
  retryWindowMs: number,
): boolean {
  if (!keyHash || !rotationKey?.equals(keyHash) || rotatedAgoMs === null) return false;
  return retryWindowMs > 0 && rotatedAgoMs <= retryWindowMs;
}
