import type { LedgerEntry, RevocableToken } from '../common/ledger-entry.js';
import type { Heartbeat } from '../revocation/revocation-feed.bus.js';

/** One row as it stands in the index and in the stream: `field` → `value:expiresAt`. */
export interface FeedRow {
  readonly field: string;
  readonly value: number;
  readonly expiresAt: number;
}

export const HEAD_FIELD = '#head';
export const ALL_FIELD = 'a:';

export function toFeedRow(entry: LedgerEntry): FeedRow {
  const { expiresAt } = entry;
  switch (entry.kind) {
    case 'token':
      return { field: `t:${entry.tokenId}`, value: 0, expiresAt };
    case 'session':
      return { field: `s:${entry.sessionId}`, value: 0, expiresAt };
    case 'user':
      return { field: `u:${entry.subject}`, value: entry.minVersion, expiresAt };
    case 'key':
      return { field: `k:${entry.keyId}`, value: 0, expiresAt };
    case 'all':
      return { field: ALL_FIELD, value: entry.issuedBefore, expiresAt };
  }
}

/** Undefined for what this version does not know (a field of a later one, the head). */
export function fromFeedRow(field: string, text: string): LedgerEntry | undefined {
  const [value, expiresAt] = text.split(':').map(Number);
  if (value === undefined || expiresAt === undefined || Number.isNaN(value + expiresAt)) return undefined;
  const id = field.slice(2);
  switch (field.slice(0, 2)) {
    case 't:':
      return { kind: 'token', tokenId: id, expiresAt };
    case 's:':
      return { kind: 'session', sessionId: id, expiresAt };
    case 'u:':
      return { kind: 'user', subject: id, minVersion: value, expiresAt };
    case 'k:':
      return { kind: 'key', keyId: id, expiresAt };
    case ALL_FIELD:
      return { kind: 'all', issuedBefore: value, expiresAt };
    default:
      return undefined;
  }
}

/** The contract's key for other languages (section 6); there is none for `all`. */
export function copyKey(entry: LedgerEntry): string | undefined {
  switch (entry.kind) {
    case 'token':
      return `token:revoked:${entry.tokenId}`;
    case 'session':
      return `session:revoked:${entry.sessionId}`;
    case 'user':
      return `user:version:${entry.subject}`;
    case 'key':
      return `key:revoked:${entry.keyId}`;
    case 'all':
      return undefined;
  }
}

/** In the order that `verdictOf` reads the answers. */
export function lookupFields(token: RevocableToken): string[] {
  return [`t:${token.tokenId}`, `s:${token.sessionId}`, `k:${token.keyId}`, `u:${token.subject}`, ALL_FIELD];
}

export function verdictOf(token: RevocableToken, answers: readonly (string | null)[]): 'revoked' | 'silent' {
  const [tokenId, session, key, user, all] = answers;
  const numberOf = (text: string | null | undefined): number => (text ? Number(text.split(':')[0]) : 0);
  const refused =
    typeof tokenId === 'string' ||
    typeof session === 'string' ||
    typeof key === 'string' ||
    numberOf(user) > token.tokenVersion ||
    numberOf(all) > token.issuedAt;
  return refused ? 'revoked' : 'silent';
}

/** Undefined for anything that is no heartbeat: what cannot be read proves nothing. */
export function parseBeat(text: string | null | undefined): Heartbeat | undefined {
  if (!text) return undefined;
  try {
    const beat = JSON.parse(text) as Partial<Heartbeat> | null;
    const whole =
      typeof beat?.id === 'string' &&
      beat.id !== '' &&
      typeof beat.prev === 'string' &&
      typeof beat.version === 'number' &&
      Array.isArray(beat.before) &&
      (beat.kind === 'part' || (beat.kind === 'whole' && typeof beat.position?.timeline === 'number'));
    return whole ? (beat as Heartbeat) : undefined;
  } catch {
    return undefined;
  }
}
