/**
 * One revocation that still matters. `expiresAt` (milliseconds since the epoch) lies past the last instant at which any
 * process could accept what the entry refuses; an entry of kind `key` or `all` has its own reasons to stay.
 */
export type LedgerEntry =
  | { readonly kind: 'token'; readonly tokenId: string; readonly expiresAt: number }
  | { readonly kind: 'session'; readonly sessionId: string; readonly expiresAt: number }
  | {
      readonly kind: 'user';
      readonly subject: string;
      readonly minVersion: number;
      readonly expiresAt: number;
    }
  /** Refuses the tokens of one session that carry an earlier version; the session and its later ones go on. */
  | {
      readonly kind: 'session_version';
      readonly sessionId: string;
      readonly minVersion: number;
      readonly expiresAt: number;
    }
  | { readonly kind: 'key'; readonly keyId: string; readonly expiresAt: number }
  /** Refuses every token whose `iat` (whole seconds) lies before `issuedBefore`. */
  | { readonly kind: 'all'; readonly issuedBefore: number; readonly expiresAt: number };

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

/** 1 h (the cap of an access token's life) + 10 min (twice the greatest clock tolerance): contract, section 6. */
export const LEDGER_LIFETIME_MS = 70 * 60_000;
/** What a token entry outlives `exp` by. */
export const LEDGER_MARGIN_MS = 10 * 60_000;
