export const LEDGER_KINDS = ['token', 'session', 'key', 'user', 'session_version', 'all'] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

/**
 * One revocation that still matters. `session_version` refuses the tokens of one session that carry an earlier version; the session and its later
 * ones go on. `refusesToken` says what each means.
 */
export interface LedgerEntry {
  readonly kind: LedgerKind;
  /** `jti`, `sid`, `kid` or `sub`; empty for `all`. */
  readonly id: string;
  /** Of kind `user` and `session_version` the least `tokenVersion` still accepted, of `all` the least `iat` (whole seconds); else 0. */
  readonly value: number;
  /**
   * Milliseconds since the epoch, past the last instant at which any process could accept what the entry refuses; an entry of kind `key` or `all`
   * has its own reasons to stay.
   */
  readonly expiresAt: number;
}

/** What a revocation check needs to know of a token. */
export interface RevocableToken {
  readonly tokenId: string;
  readonly sessionId: string;
  readonly subject: string;
  readonly tokenVersion: number;
  readonly keyId: string;
  /** `iat`, whole seconds. */
  readonly issuedAt: number;
}

/** The id that an entry of this kind has where it concerns the token. */
export function idOf(kind: LedgerKind, token: RevocableToken): string {
  switch (kind) {
    case 'token':
      return token.tokenId;
    case 'session':
    case 'session_version':
      return token.sessionId;
    case 'key':
      return token.keyId;
    case 'user':
      return token.subject;
    case 'all':
      return '';
  }
}

/** The greatest value of such an entry that leaves the token alone; below every value where none does. */
export function spareUpTo(kind: LedgerKind, token: RevocableToken): number {
  if (kind === 'user' || kind === 'session_version') return token.tokenVersion;
  return kind === 'all' ? token.issuedAt : -1;
}

/** The one rule of what refuses a token. Whoever looks entries up by id, in SQL or Redis, applies it through `idOf` and `spareUpTo`. */
export function refusesToken({ kind, id, value }: LedgerEntry, token: RevocableToken): boolean {
  return id === idOf(kind, token) && value > spareUpTo(kind, token);
}

/** 1 h (the cap of an access token's life) + 10 min (twice the greatest clock tolerance): contract, section 6. */
export const LEDGER_LIFETIME_MS = 70 * 60_000;
/** What a token entry outlives `exp` by. */
export const LEDGER_MARGIN_MS = 10 * 60_000;
/** Nobody can know when the last process gives a `kid` up. */
const FOR_GOOD = Date.UTC(9999, 0, 1);

export function keyRevoked(keyId: string): LedgerEntry {
  return { kind: 'key', id: keyId, value: 0, expiresAt: FOR_GOOD };
}
