// Spec support: key rotations on the test's own sources, with a clock that is set by hand.
import { afterEach } from '@jest/globals';
import type { Clock } from '../../common/clock.js';
import type { SigningAlgorithm, StaticKeysOptions } from '../../options/key-options.js';
import { type GeneratedJwk, generateSigningJwk } from './generate-key.js';
import { KeyRotation } from './key-rotation.service.js';
import type { KeySightings } from '../../storage/key-sightings.port.js';
import { type KeySource, type SourceJwk } from '../../storage/key-source.port.js';
import { HandClock } from '../../verify/keys/hand-clock.fixture.js';
import { keysFrom } from './function-keys.js';

export const T0 = 1_800_000_000;
export const LEAD = 3600;
/** ttl 900 + twice the tolerance 30 + 1 + twice the refresh interval 30 */
export const RETAIN = 1021;

const running: KeyRotation[] = [];
const made = new Map<string, GeneratedJwk>();
export async function jwk(
  name: string,
  times: { nbf: number; iat?: number },
  alg: SigningAlgorithm = 'ES256',
): Promise<SourceJwk> {
  const kept = `${name} ${alg}`;
  const bits = /^[RP]S/.test(alg) ? 2048 : undefined;
  const known = made.get(kept) ?? (await generateSigningJwk(alg, { iat: 0, nbf: 0 }, bits));
  made.set(kept, known);
  const { iat: _iat, ...rest } = known;
  return { ...rest, kid: name, ...times };
}

export async function start(
  source: KeySource | undefined,
  clock: Clock,
  keys: StaticKeysOptions = {},
  sightings?: KeySightings,
) {
  const options = {
    keys: { algorithm: 'ES256' as const, ...keys },
    keyRotation: { leadTimeMs: LEAD * 1000, refreshEveryMs: 30_000, warnAfterMs: 90 * 86_400_000 },
    accessToken: { ttlSeconds: 900, clockToleranceSeconds: 30 },
    storeDeadlineMs: 500,
  };
  const rotation = await KeyRotation.start(options as never, clock, source, sightings);
  running.push(rotation);
  return rotation;
}

/** A rotation whose source reads its keys through this function. */
export const startWith = (
  load: Parameters<typeof keysFrom>[0],
  clock: Clock = new HandClock(T0),
  keys?: StaticKeysOptions,
) => start(keysFrom(load), clock, keys);

export const phases = (rotation: KeyRotation) =>
  Object.fromEntries(rotation.status().map(({ keyId, phase }) => [keyId, phase]));
export const published = (rotation: KeyRotation) =>
  rotation.keyring.publicJwks().keys.map(({ kid }) => kid);

afterEach(async () => {
  for (const rotation of running.splice(0)) await rotation.onApplicationShutdown();
});
