import type { LedgerEntry, RevocableToken } from '../storage/ledger-entry.js';
import type { FeedItem, Heartbeat } from '../storage/revocation-feed.port.js';
import type { LedgerPosition } from '../storage/revocation-ledger.port.js';

/** One row as it stands in the index and in the stream: `field` → `value:expiresAt`. */
export interface FeedRow {
  readonly field: string;
  readonly value: number;
  readonly expiresAt: number;
}

export const HEAD_FIELD = '#head';
export const ALL_FIELD = 'a:';
const WRITTEN = /^(\d{1,16}):(\d{1,16})$/;
const SNAPSHOT = /^\d+:\d+:[\d,]*$/;

export function toFeedRow(entry: LedgerEntry): FeedRow {
  const { expiresAt } = entry;
  switch (entry.kind) {
    case 'token':
      return { field: `t:${entry.tokenId}`, value: 0, expiresAt };
    case 'session':
      return { field: `s:${entry.sessionId}`, value: 0, expiresAt };
    case 'user':
      return { field: `u:${entry.subject}`, value: entry.minVersion, expiresAt };
    case 'session_version':
      return { field: `v:${entry.sessionId}`, value: entry.minVersion, expiresAt };
    case 'key':
      return { field: `k:${entry.keyId}`, value: 0, expiresAt };
    case 'all':
      return { field: ALL_FIELD, value: entry.issuedBefore, expiresAt };
  }
}

/** Undefined for what this version does not know (a field of a later one, the head), and for what no script writes. */
export function fromFeedRow(field: string, text: string): LedgerEntry | undefined {
  const numbers = numbersOf(text);
  if (!numbers) return undefined;
  const [value, expiresAt] = numbers;
  const id = field.slice(2);
  switch (field.slice(0, 2)) {
    case 't:':
      return { kind: 'token', tokenId: id, expiresAt };
    case 's:':
      return { kind: 'session', sessionId: id, expiresAt };
    case 'u:':
      return { kind: 'user', subject: id, minVersion: value, expiresAt };
    case 'v:':
      return { kind: 'session_version', sessionId: id, minVersion: value, expiresAt };
    case 'k:':
      return { kind: 'key', keyId: id, expiresAt };
    case ALL_FIELD:
      return { kind: 'all', issuedBefore: value, expiresAt };
    default:
      return undefined;
  }
}

/** `value:expiresAt`, as the scripts write them. */
function numbersOf(text: string): readonly [value: number, expiresAt: number] | undefined {
  const [, value, expiresAt] = WRITTEN.exec(text)?.map(Number) ?? [];
  return isWhole(value) && isWhole(expiresAt) ? [value, expiresAt] : undefined;
}

/** The contract's key for other languages (section 6); there is none for `all` and `session_version`. */
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
    case 'session_version':
    case 'all':
      return undefined;
  }
}

/** In the order that `verdictOf` reads the answers. */
export function lookupFields(token: RevocableToken): string[] {
  const { tokenId, sessionId, keyId, subject } = token;
  return [`t:${tokenId}`, `s:${sessionId}`, `k:${keyId}`, `u:${subject}`, ALL_FIELD, `v:${sessionId}`];
}

export function verdictOf(token: RevocableToken, answers: readonly (string | null)[]): 'revoked' | 'silent' {
  const [tokenId, session, key, user, all, sessionVersion] = answers;
  // what is there and cannot be read is no no
  const exceeds = (text: string | null | undefined, most: number): boolean =>
    typeof text === 'string' && (numbersOf(text)?.[0] ?? Infinity) > most;
  const refused =
    typeof tokenId === 'string' ||
    typeof session === 'string' ||
    typeof key === 'string' ||
    exceeds(user, token.tokenVersion) ||
    exceeds(all, token.issuedAt) ||
    exceeds(sessionVersion, token.tokenVersion);
  return refused ? 'revoked' : 'silent';
}

/** Undefined for anything that is no heartbeat: what cannot be read proves nothing. */
export function parseBeat(text: string | null | undefined): Heartbeat | undefined {
  if (!text) return undefined;
  try {
    const beat = JSON.parse(text) as Partial<Heartbeat> | null;
    const chained =
      typeof beat?.id === 'string' &&
      beat.id !== '' &&
      typeof beat.prev === 'string' &&
      isWhole(beat.version) &&
      Array.isArray(beat.before) &&
      beat.before.every((each) => typeof each === 'string');
    if (!chained || !isPosition(beat.position)) return undefined;
    const complete = beat.kind === 'part' || (beat.kind === 'whole' && beat.position !== undefined);
    return complete ? (beat as Heartbeat) : undefined;
  } catch {
    return undefined;
  }
}

function isPosition(position: Partial<LedgerPosition> | null | undefined): boolean {
  if (position === undefined) return true;
  return (
    typeof position?.ledger === 'string' &&
    isWhole(position.timeline) &&
    typeof position.snapshot === 'string' &&
    SNAPSHOT.test(position.snapshot)
  );
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** As the scripts take them. */
export function rowArguments(entries: readonly LedgerEntry[]): (string | number)[] {
  return entries
    .map(toFeedRow)
    .flatMap(({ field, value, expiresAt }) => [field, value, Math.ceil(expiresAt)]);
}

/** Of one message of the stream; undefined for what this version does not know. */
export function itemOf(fields: readonly string[]): FeedItem | undefined {
  const [name, content, , text] = fields;
  if (name === 'h') {
    const beat = parseBeat(content);
    return beat && { kind: 'beat', beat };
  }
  const entry =
    name === 'r' && content !== undefined && text !== undefined ? fromFeedRow(content, text) : undefined;
  return entry && { kind: 'row', entry };
}
