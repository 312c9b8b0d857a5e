import { randomBytes, randomUUID } from 'node:crypto';
import type { NewSession } from '../../storage/session.js';
import type {
  DeviceRegistration,
  DeviceUse,
  Replacement,
  Rotation,
} from '../../storage/session-store.port.js';
import type { ThrottleAttempt } from '../../storage/throttle-store.port.js';

export const DAY_MS = 86_400_000;

/** A session to open, for a new user unless `changes` name one. */
export function newSession(changes: Partial<NewSession> = {}): NewSession {
  return {
    id: randomUUID(),
    subject: randomUUID(),
    expected: { tokenVersion: 1, epoch: 1 },
    tokenHash: randomBytes(32),
    transport: 'cookie',
    persistent: false,
    idleTtlMs: 30 * DAY_MS,
    absoluteTtlMs: 180 * DAY_MS,
    authTime: new Date(),
    amr: ['pwd'],
    ip: '203.0.113.7',
    userAgent: 'spec',
    maxPerUser: 100,
    ...changes,
  };
}

/** The first rotation of a session. */
export function rotationOf(session: NewSession, changes: Partial<Rotation> = {}): Rotation {
  return {
    sessionId: session.id,
    generation: 1,
    presentedHash: session.tokenHash,
    nextHash: randomBytes(32),
    nonce: randomBytes(16),
    ttlMs: 30 * DAY_MS,
    rememberMeTtlMs: 90 * DAY_MS,
    ...changes,
  };
}

export function registrationOf(
  session: NewSession,
  changes: Partial<DeviceRegistration> = {},
): DeviceRegistration {
  const ages = { withinMs: 600_000, ttlMs: 30 * DAY_MS, rememberMeTtlMs: 90 * DAY_MS };
  return {
    sessionId: session.id,
    presentedHash: session.tokenHash,
    key: 'key',
    ...ages,
    ...changes,
  };
}

export function deviceUseOf(session: NewSession, changes: Partial<DeviceUse> = {}): DeviceUse {
  const challenge = { challengeId: '0a', oldestChallengeId: '', maxRemembered: 64 };
  const ttls = { ttlMs: 30 * DAY_MS, rememberMeTtlMs: 90 * DAY_MS };
  return { sessionId: session.id, key: 'key', ...challenge, ...ttls, ...changes };
}

export function replacementOf(
  session: NewSession,
  changes: Partial<Replacement> = {},
): Replacement {
  return {
    sessionId: session.id,
    subject: session.subject,
    expected: session.expected,
    nextHash: randomBytes(32),
    cause: 'password',
    authTime: new Date(),
    amr: ['pwd'],
    ttlMs: 30 * DAY_MS,
    rememberMeTtlMs: 90 * DAY_MS,
    ...changes,
  };
}

export const WINDOW_MS = 60_000;

/** An attempt that counts in each of these buckets, up to its limit. */
export const attempt = (
  limits: Readonly<Record<string, number>>,
  windowMs = WINDOW_MS,
): ThrottleAttempt => ({
  id: randomUUID(),
  buckets: Object.entries(limits).map(([key, limit]) => ({ key, limit })),
  windowMs,
});
