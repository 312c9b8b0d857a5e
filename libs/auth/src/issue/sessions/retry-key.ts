import { createHash } from 'node:crypto';
import { Secret } from '../../common/secret.js';

/**
 * An `Idempotency-Key` that came with a rotation (contract, section 5). Together with the used
 * token it is worth as much as the new one, so it is never printed.
 */
export interface RetryKey {
  readonly secret: Secret;
  /** SHA-256, which the database stores. */
  readonly hash: Buffer;
}

const WRITTEN = /^[A-Za-z0-9_-]{22,128}$/;

/** Undefined if the text is not a valid key. */
export function readRetryKey(text: string): RetryKey | undefined {
  if (!WRITTEN.test(text)) return undefined;
  return {
    secret: new Secret(Buffer.from(text)),
    hash: createHash('sha256').update(text).digest(),
  };
}
