export const LEDGER_KINDS = ['token', 'session', 'key', 'user', 'session_version', 'all'] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

/**
 * One revocation that is still needed. `session_version` refuses the tokens of one session that carry an earlier
 * version; the session and its later tokens stay valid. `refusesToken` defines each kind.
 */
export interface LedgerEntry {
  readonly kind: LedgerKind;
  /** `jti`, `sid`, `kid` or `sub`; empty for `all`. */
  readonly id: string;
  /**
   * For the kinds `user` and `session_version` the lowest `tokenVersion` that is still accepted, for `all` the lowest
   * `iat` (whole seconds), otherwise 0.
   */
  readonly value: number;
  /**
   * Milliseconds since the epoch, later than any process could accept a token that the entry refuses. Entries of kind
   * `key` and `all` are kept for their own times.
   */
  readonly expiresAt: number;
}

/** The members of a token that a revocation check needs. */
export interface RevocableToken {
  readonly tokenId: string;
  readonly sessionId: string;
  readonly subject: string;
  readonly tokenVersion: number;
  readonly keyId: string;
  /** `iat`, whole seconds. */
  readonly issuedAt: number;
}

/** The id of the entry of this kind that would refuse the token. */
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

/**
 * The greatest value with which such an entry does not refuse the token; below every value if every such entry
 * refuses it.
 */
export function spareUpTo(kind: LedgerKind, token: RevocableToken): number {
  if (kind === 'user' || kind === 'session_version') return token.tokenVersion;
  return kind === 'all' ? token.issuedAt : -1;
}

/**
 * The one rule that decides whether an entry refuses a token. Code that looks up entries by id, in SQL or Redis,
 * applies it through `idOf` and `spareUpTo`.
 */
export function refusesToken({ kind, id, value }: LedgerEntry, token: RevocableToken): boolean {
  return id === idOf(kind, token) && value > spareUpTo(kind, token);
}

/** 1 h (the cap of an access token's life) + 10 min (twice the greatest clock tolerance): contract, section 6. */
export const LEDGER_LIFETIME_MS = 70 * 60_000;
/**
 * How much longer than `exp` the entry of a single token is kept. `exp` is by the clock of a process, and the database
 * drops what has expired by its own: where the process is behind by an hour (a time zone), the entry would have expired
 * as it is written.
 */
export const LEDGER_MARGIN_MS = 70 * 60_000;
/** Nobody can know when the last process stops using a `kid`. */
const FOR_GOOD = Date.UTC(9999, 0, 1);

export function keyRevoked(keyId: string): LedgerEntry {
  return { kind: 'key', id: keyId, value: 0, expiresAt: FOR_GOOD };
}
