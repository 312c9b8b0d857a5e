import type { KeySightings } from '../../storage/key-sightings.port.js';
import { legacyKid } from '../../verify/legacy/legacy-key.js';
import type { ResolvedLegacyIssuer } from '../../options/legacy-options.js';

/** Notes the old keys beside ours, so that `tokenward keys revoke legacy:<name>` finds them in the database. */
export function sightingsWithLegacy(
  sightings: KeySightings | undefined,
  legacy: readonly ResolvedLegacyIssuer[],
): KeySightings | undefined {
  if (!sightings || legacy.length === 0) return sightings;
  const old = legacy.map(({ name }) => legacyKid(name));
  return {
    see: (kids) => sightings.see([...kids, ...old]),
    knows: (kid) => sightings.knows(kid),
  };
}
