import { withDeadline } from '../common/deadline.js';
import type { HealthProbes } from '../observe/health/health-probes.js';
import type { ResolvedAuthOptions } from '../options/resolved-options.js';
import type { SessionStore } from '../storage/session-store.port.js';
import type { Keyring } from '../verify/keys/keyring.service.js';
import type { KeyRotation } from './keys/key-rotation.service.js';

/** The probe of Postgres: one read on the primary, of a subject that does not exist. */
export function postgresProbe(
  sessions: SessionStore,
  { storeDeadlineMs }: ResolvedAuthOptions,
): HealthProbes['postgres'] {
  return () => withDeadline(sessions.readSubject('health'), storeDeadlineMs, 'health');
}

/** Whether there is a key to sign with, for `AuthHealth.keys`. */
export function signingStanding(rotation: KeyRotation, keyring: Keyring): HealthProbes['keys'] {
  return () => {
    const active = rotation.status().find(({ phase }) => phase === 'active');
    return { usable: active !== undefined, keys: keyring.size, ageMs: active?.ageMs };
  };
}
