import type { KnownKey } from '../../verify/keys/source-keys.js';
import type { PhasedKey } from './key-phases.js';

/**
 * Keys that left their source without being revoked (a mounted secret was replaced in place). Their tokens are out there, and nobody has the
 * successor yet: what signed goes on through the successor's lead time, and all verify until the last token has expired.
 */
export function vanishedKeys(
  before: readonly PhasedKey[],
  given: readonly KnownKey[],
  { nowMs, retainMs, isRevoked }: { nowMs: number; retainMs: number; isRevoked: (kid: string) => boolean },
): KnownKey[] {
  const kept = new Set(given.map(({ kid }) => kid));
  const gone = before.filter(({ key }) => !kept.has(key.kid) && !isRevoked(key.kid));
  return gone.flatMap(({ key, phase }) => {
    // a key that never signed has no token
    if (phase === 'next') return [];
    return [{ ...key, verifiesUntilMs: key.verifiesUntilMs ?? nowMs + retainMs, vanished: true as const }];
  });
}
