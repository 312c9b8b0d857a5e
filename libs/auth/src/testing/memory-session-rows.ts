import { addressOf } from '../common/address.js';
import type { NewSession } from '../storage/session.js';
import type {
  DeviceRegistration,
  DeviceUse,
  Replacement,
  Rotation,
} from '../storage/session-store.port.js';
import type { SessionRow } from './memory-database.js';

export function newRow(session: NewSession, nowMs: number): SessionRow {
  const { id, subject, tokenHash, transport, persistent, authTime, amr } = session;
  const now = new Date(nowMs);
  return {
    id,
    subject,
    tokenHash,
    transport,
    persistent,
    authTime,
    amr: [...amr],
    epoch: session.expected.epoch,
    generation: 1,
    createdAt: now,
    lastUsedAt: now,
    idleExpiresAt: new Date(nowMs + Math.min(session.idleTtlMs, session.absoluteTtlMs)),
    absoluteExpiresAt: new Date(nowMs + session.absoluteTtlMs),
    ip: addressOf(session.ip) ?? null,
    userAgent: session.userAgent ?? null,
    actor: session.actor ? { id: session.actor.id } : null,
    claims: session.claims ?? null,
    accessTtlSeconds: session.limits?.accessTtlSeconds ?? null,
    ownIdleTtlMs: session.limits?.idleTtlMs ?? null,
    bound: session.bound ? { ...session.bound, at: now } : null,
    provider: session.provider ?? null,
    registerBy:
      session.registerWithinMs === undefined ? null : new Date(nowMs + session.registerWithinMs),
    rotationNonce: null,
    rotationCause: null,
    rotationKey: null,
    rotatedAtMs: null,
    usedChallenges: [],
    endedAtMs: null,
    endReason: null,
  };
}

export function rotatedRow(row: SessionRow, rotation: Rotation, nowMs: number): SessionRow {
  return {
    ...renewed(row, rotation, nowMs),
    tokenHash: rotation.nextHash,
    rotationNonce: rotation.nonce,
    rotationCause: 'refresh',
    rotationKey: rotation.keyHash ?? null,
    ip: addressOf(rotation.ip) ?? row.ip,
    userAgent: rotation.userAgent ?? row.userAgent,
  };
}

export function replacedRow(
  row: SessionRow,
  replacement: Replacement,
  epoch: number,
  nowMs: number,
): SessionRow {
  return {
    ...renewed(row, replacement, nowMs),
    tokenHash: replacement.nextHash,
    rotationCause: replacement.cause,
    epoch,
    rotationNonce: replacement.retry?.nonce ?? null,
    rotationKey: replacement.retry?.keyHash ?? null,
    authTime: replacement.authTime,
    amr: [...replacement.amr],
  };
}

/** A bound session; see `SessionStore.registerDevice`. */
export function registeredRow(
  row: SessionRow,
  registration: DeviceRegistration,
  nowMs: number,
): SessionRow {
  const bound = { kind: 'dbsc', key: registration.key, at: new Date(nowMs) } as const;
  return { ...usedRow(row, registration, nowMs), bound, registerBy: null };
}

/** Undefined where the challenge was used before; see `SessionStore.useDevice`. */
export function rowOfUse(row: SessionRow, use: DeviceUse, nowMs: number): SessionRow | undefined {
  const remembered = row.usedChallenges.filter((id) => id >= use.oldestChallengeId);
  if (row.usedChallenges.includes(use.challengeId) || remembered.length >= use.maxRemembered)
    return undefined;
  return { ...usedRow(row, use, nowMs), usedChallenges: [...remembered, use.challengeId] };
}

function usedRow(row: SessionRow, use: DeviceRegistration | DeviceUse, nowMs: number): SessionRow {
  const { lastUsedAt, idleExpiresAt } = renewed(row, use, nowMs);
  const by = { ip: addressOf(use.ip) ?? row.ip, userAgent: use.userAgent ?? row.userAgent };
  return { ...row, lastUsedAt, idleExpiresAt, ...by };
}

/** When it stopped, or will stop, by itself or by somebody. */
export function overAtMs({
  endedAtMs,
  idleExpiresAt,
  absoluteExpiresAt,
  registerBy,
}: SessionRow): number {
  const expiries = [
    idleExpiresAt.getTime(),
    absoluteExpiresAt.getTime(),
    registerBy?.getTime() ?? Infinity,
  ];
  return Math.min(endedAtMs ?? Infinity, ...expiries);
}

export function isUnexpired(row: SessionRow, nowMs: number): boolean {
  return row.endedAtMs === null && overAtMs(row) > nowMs;
}

/** A bound session rotates only with a proof by its key; one that still needs a key does not rotate. */
export const isProved = (
  { bound, registerBy }: SessionRow,
  provedKey: string | undefined,
): boolean => registerBy === null && (bound === null || bound.key === provedKey);

export const newestFirst = (a: SessionRow, b: SessionRow): number =>
  b.createdAt.getTime() - a.createdAt.getTime();

function renewed(
  row: SessionRow,
  { ttlMs, rememberMeTtlMs }: { readonly ttlMs: number; readonly rememberMeTtlMs: number },
  nowMs: number,
): SessionRow {
  const idleMs = nowMs + (row.ownIdleTtlMs ?? (row.persistent ? rememberMeTtlMs : ttlMs));
  return {
    ...row,
    generation: row.generation + 1,
    rotatedAtMs: nowMs,
    lastUsedAt: new Date(nowMs),
    idleExpiresAt: new Date(Math.min(idleMs, row.absoluteExpiresAt.getTime())),
  };
}

/** Whether the session that asks lives; without one it is the host that asks. */
export function mayAsk(
  row: SessionRow | undefined,
  asking: {
    readonly sessionId: string | undefined;
    readonly subject: string;
    readonly epoch: number;
  },
  nowMs: number,
): boolean {
  if (asking.sessionId === undefined) return true;
  return row?.subject === asking.subject && row.epoch === asking.epoch && isUnexpired(row, nowMs);
}
