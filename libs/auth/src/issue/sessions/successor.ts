import { createHmac } from 'node:crypto';
import type { SessionSnapshot } from '../../storage/session.js';
import type { Pepper, RefreshSecrets } from './refresh-secrets.js';
import { hashSecret, writeRefreshToken } from './refresh-token.js';
import type { RetryKey } from './retry-key.js';

/** What a successor is derived from: the presented secret, or the retry key where no token was presented. */
export type SuccessorSource =
  { readonly kind: 'token'; readonly secret: Buffer } | { readonly kind: 'key'; readonly key: RetryKey };

/** The next secret: without its source, neither the database nor the pepper, nor both, yield it. */
export function successorSecret(
  pepper: Pepper,
  nonce: Buffer,
  sessionId: string,
  source: SuccessorSource,
): Buffer {
  const mac = createHmac('sha256', pepper.derivation.reveal()).update(nonce).update(sessionId);
  if (source.kind === 'token') return mac.update(source.secret).digest();
  // a label, so that no key can be chosen that stands for a secret
  return mac.update('retry-key').update(source.key.hash).update(source.key.secret.reveal()).digest();
}

/** The row's refresh token once more, where one of the sources leads to it; undefined where none does. */
export function successorAgain(
  ring: RefreshSecrets,
  { rotationNonce, session, tokenHash }: SessionSnapshot,
  sources: readonly SuccessorSource[],
): string | undefined {
  if (!rotationNonce) return undefined;
  for (const pepper of ring.peppers)
    for (const source of sources) {
      const secret = successorSecret(pepper, rotationNonce, session.id, source);
      if (hashSecret(secret).equals(tokenHash))
        return writeRefreshToken(pepper, session.id, session.generation, secret);
    }
  return undefined;
}
