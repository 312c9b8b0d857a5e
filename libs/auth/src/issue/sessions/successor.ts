import { createHmac } from 'node:crypto';
import type { SessionSnapshot } from '../../storage/session.js';
import type { Pepper, RefreshSecrets } from './refresh-secrets.js';
import { hashSecret, writeRefreshToken } from './refresh-token.js';
import type { RetryKey } from './retry-key.js';

/** The input of a successor: the presented secret, or the retry key if no token was presented. */
export type SuccessorSource =
  | { readonly kind: 'token'; readonly secret: Buffer }
  | { readonly kind: 'key'; readonly key: RetryKey };

/** The next secret. It cannot be computed from the database and the pepper without the source. */
export function successorSecret(
  pepper: Pepper,
  nonce: Buffer,
  sessionId: string,
  source: SuccessorSource,
): Buffer {
  const mac = createHmac('sha256', pepper.derivation.reveal()).update(nonce).update(sessionId);
  if (source.kind === 'token') return mac.update(source.secret).digest();
  // labelled, so that no key can be chosen that equals a secret
  return mac
    .update('retry-key')
    .update(source.key.hash)
    .update(source.key.secret.reveal())
    .digest();
}

/** The row's refresh token again, if one of the sources leads to it; otherwise undefined. */
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
