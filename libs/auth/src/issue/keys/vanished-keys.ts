import type { KnownKey } from '../../verify/keys/source-keys.js';
import type { PhasedKey } from './key-phases.js';

/**
 * Keys that left their source without being revoked (a mounted secret was replaced). Their tokens
 * are still in use, and no verifier has the successor yet. So the key that signed goes on signing
 * during the successor's lead time, and all these keys verify until their last token has expired.
 */
export function vanishedKeys(
  before: readonly PhasedKey[],
  given: readonly KnownKey[],
  {
    nowMs,
    retainMs,
    isRevoked,
  }: { nowMs: number; retainMs: number; isRevoked: (kid: string) => boolean },
): KnownKey[] {
  const kept = new Set(given.map(({ kid }) => kid));
  const gone = before.filter(({ key }) => !kept.has(key.kid) && !isRevoked(key.kid));
  return gone.flatMap(({ key, phase }) => {
    // a key that has never signed has no tokens
    if (phase === 'next') return [];
    return [
      { ...key, verifiesUntilMs: key.verifiesUntilMs ?? nowMs + retainMs, vanished: true as const },
    ];
  });
}
