import {
  idOf,
  LEDGER_KINDS,
  type LedgerEntry,
  type LedgerKind,
  type RevocableToken,
  spareUpTo,
} from '../storage/ledger-entry.js';
import type { FeedItem, Heartbeat } from '../storage/revocation-feed.port.js';
import type { LedgerPosition } from '../storage/revocation-ledger.port.js';

/** One row in the format of the index and the stream: `field` → `value:expiresAt`. */
export interface FeedRow {
  readonly field: string;
  readonly value: number;
  readonly expiresAt: number;
}

export const HEAD_FIELD = '#head';
const PREFIX: Readonly<Record<LedgerKind, string>> = {
  token: 't:',
  session: 's:',
  key: 'k:',
  user: 'u:',
  session_version: 'v:',
  all: 'a:',
};
const KIND_OF = new Map(LEDGER_KINDS.map((kind) => [PREFIX[kind], kind]));
/** The keys that the contract defines for other languages (section 6). */
const COPY_PREFIX: Readonly<Partial<Record<LedgerKind, string>>> = {
  token: 'token:revoked:',
  session: 'session:revoked:',
  key: 'key:revoked:',
  user: 'user:version:',
};
const WRITTEN = /^(\d{1,16}):(\d{1,16})$/;
const SNAPSHOT = /^\d+:\d+:[\d,]*$/;

export function toFeedRow({ kind, id, value, expiresAt }: LedgerEntry): FeedRow {
  return { field: PREFIX[kind] + id, value, expiresAt };
}

/**
 * Undefined for a field that this version does not know (one of a later version, the head), and for
 * text that no script writes.
 */
export function fromFeedRow(field: string, text: string): LedgerEntry | undefined {
  const numbers = numbersOf(text);
  const kind = KIND_OF.get(field.slice(0, 2));
  if (!numbers || !kind) return undefined;
  const [value, expiresAt] = numbers;
  // for `all`, the rest of the field has no meaning
  return { kind, id: kind === 'all' ? '' : field.slice(2), value, expiresAt };
}

/** Reads `value:expiresAt`, the format of the scripts. */
function numbersOf(text: string): readonly [value: number, expiresAt: number] | undefined {
  const [, value, expiresAt] = WRITTEN.exec(text)?.map(Number) ?? [];
  return isWhole(value) && isWhole(expiresAt) ? [value, expiresAt] : undefined;
}

/** An entry in the format that the contract defines for other languages. There is none for the kind `all`. */
export function copyOf({
  kind,
  id,
  value,
}: LedgerEntry): { readonly key: string; readonly value: number } | undefined {
  const prefix = COPY_PREFIX[kind];
  return prefix === undefined
    ? undefined
    : { key: prefix + id, value: kind === 'user' ? value : 1 };
}

/** In the order in which `verdictOf` reads the answers. */
export function lookupFields(token: RevocableToken): string[] {
  return LEDGER_KINDS.map((kind) => PREFIX[kind] + idOf(kind, token));
}

export function verdictOf(
  token: RevocableToken,
  answers: readonly (string | null)[],
): 'revoked' | 'silent' {
  const refused = LEDGER_KINDS.some((kind, at) => {
    const text = answers[at];
    // an answer that cannot be read counts as a refusal
    return typeof text === 'string' && (numbersOf(text)?.[0] ?? Infinity) > spareUpTo(kind, token);
  });
  return refused ? 'revoked' : 'silent';
}

/** Undefined for anything that is not a heartbeat, because an unreadable text proves nothing. */
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
      beat.before.every((each) => typeof each === 'string') &&
      (beat.nowMs === undefined || isWhole(beat.nowMs));
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

/** The rows as arguments of the scripts. */
export function rowArguments(entries: readonly LedgerEntry[]): (string | number)[] {
  return entries
    .map(toFeedRow)
    .flatMap(({ field, value, expiresAt }) => [field, value, Math.ceil(expiresAt)]);
}

/** Reads one message of the stream; undefined if this version does not know it. */
export function itemOf(fields: readonly string[]): FeedItem | undefined {
  const [name, content, , text] = fields;
  if (name === 'h') {
    const beat = parseBeat(content);
    return beat && { kind: 'beat', beat };
  }
  const entry =
    name === 'r' && content !== undefined && text !== undefined
      ? fromFeedRow(content, text)
      : undefined;
  return entry && { kind: 'row', entry };
}
