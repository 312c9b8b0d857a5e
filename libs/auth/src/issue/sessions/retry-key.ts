import { createHash } from 'node:crypto';
import { Secret } from '../../common/secret.js';

/** An `Idempotency-Key` that came with a rotation (contract, section 5). With the spent token it is as good as the new one: never printed. */
export interface RetryKey {
  readonly secret: Secret;
  /** SHA-256: what the database keeps. */
  readonly hash: Buffer;
}

const WRITTEN = /^[A-Za-z0-9_-]{22,128}$/;

/** Undefined when the text is not a key. */
export function readRetryKey(text: string): RetryKey | undefined {
  if (!WRITTEN.test(text)) return undefined;
  return { secret: new Secret(Buffer.from(text)), hash: createHash('sha256').update(text).digest() };
}
