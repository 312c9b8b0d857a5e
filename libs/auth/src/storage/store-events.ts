import type { ClientContext } from '../common/principal.js';
import type { ActedBy, CredentialChange } from './store-change.js';
import type { AuthEventInput } from './auth-event.js';
import { type EndReason, setsPassword } from './end-reason.js';
import type { FactorAct } from './factor-store.port.js';
import type { IdentityAct } from './identity-store.port.js';
import type { LedgerEntry } from './ledger-entry.js';
import type { NewSession, Session } from './session.js';
import type { Replacement } from './session-store.port.js';

/*
 * The events of store changes, shared by all stores that implement the ports.
 */

/** The user whose sessions ended, the actor, and the reason. */
interface Ending extends ActedBy {
  readonly userId: string;
  readonly reason: EndReason;
}

export function sessionOpened(session: NewSession): AuthEventInput {
  const { subject: userId, id: sessionId, transport, persistent, amr, ip, userAgent } = session;
  const { knownDevice = false, actor } = session;
  return {
    type: 'login.succeeded',
    userId,
    ...(actor && { actorId: actor.id }),
    sessionId,
    transport,
    ip,
    userAgent,
    persistent,
    amr,
    knownDevice,
    ...(session.tenant !== undefined && { tenant: session.tenant }),
  };
}

export function sessionEnded(sessionId: string, ending: Ending): AuthEventInput {
  return { type: 'session.ended', sessionId, ...ending };
}

export function sessionsEnded(count: number, ending: Ending): readonly AuthEventInput[] {
  const { userId, actorId, reason } = ending;
  const ended: AuthEventInput = { type: 'sessions.ended', count, ...ending };
  // a reset by the host ends all of them
  return setsPassword(reason) ? [ended, { type: 'password.changed', userId, actorId }] : [ended];
}

/** The event of a replacement by the owner, who proved a credential. */
export function secretReplaced({ subject: userId, sessionId, cause }: Replacement): AuthEventInput {
  const type = cause === 'password' ? 'password.changed' : 'reauthenticated';
  return { type, userId, actorId: userId, sessionId };
}

export function versionBumped(userId: string, { actorId }: ActedBy): AuthEventInput {
  return { type: 'token_version.bumped', userId, actorId };
}

export function deviceBound({
  subject: userId,
  actor,
  id: sessionId,
  ip,
  userAgent,
}: Session): AuthEventInput {
  const from = { ip: ip ?? undefined, userAgent: userAgent ?? undefined };
  return { type: 'device.bound', userId, actorId: actor?.id, sessionId, ...from };
}

/**
 * The events of a claim, which removes every credential of the person who registered the account. `factors`: the
 * number of confirmed factors.
 */
export function waysInRemoved(
  userId: string,
  { factors, keyIds }: { readonly factors: number; readonly keyIds: readonly string[] },
  { actorId }: ActedBy,
): readonly AuthEventInput[] {
  const removed: AuthEventInput = { type: 'factor.changed', userId, actorId, change: 'removed' };
  return [
    ...Array<AuthEventInput>(factors).fill(removed),
    ...keyIds.map((keyId) => apiKeyDeleted(userId, keyId, actorId)),
  ];
}

/** The events of identities that were linked before the email of the account was verified. */
export function identitiesForgotten(userId: string, count: number): readonly AuthEventInput[] {
  return Array<AuthEventInput>(count).fill({
    type: 'factor.changed',
    userId,
    change: 'identity_unlinked',
  });
}

export function credentialChanged({
  subject: userId,
  actorId,
  sessionId,
  act,
}: CredentialChange<{ readonly kind: FactorAct['kind'] | IdentityAct['kind'] }>): AuthEventInput {
  return { type: 'factor.changed', userId, actorId, sessionId, change: act.kind };
}

export function apiKeyCreated(userId: string, keyId: string, actorId?: string): AuthEventInput {
  return { type: 'api_key.created', userId, actorId, keyId };
}

export function apiKeyDeleted(userId: string, keyId: string, actorId?: string): AuthEventInput {
  return { type: 'api_key.deleted', userId, actorId, keyId };
}

/** `by` presented the spent token. */
export function familyReused(
  sessionId: string,
  userId: string,
  count: number,
  { ip, userAgent, actorId }: ClientContext & ActedBy,
): AuthEventInput {
  const sessionsEnded = count;
  return {
    type: 'refresh.reused',
    userId,
    ...(actorId !== undefined && { actorId }),
    sessionId,
    sessionsEnded,
    ip,
    userAgent,
  };
}

/** The events of entries that were appended by a revocation alone. */
export function entriesAppended(
  entries: readonly LedgerEntry[],
  { actorId }: ActedBy,
): readonly AuthEventInput[] {
  return entries.flatMap((entry): AuthEventInput[] => {
    if (entry.kind === 'token') return [{ type: 'token.revoked', actorId, tokenId: entry.id }];
    if (entry.kind === 'user')
      return [{ type: 'foreign_subject.revoked', actorId, subject: entry.id }];
    if (entry.kind === 'key') return [{ type: 'key.revoked', actorId, keyId: entry.id }];
    return [];
  });
}
