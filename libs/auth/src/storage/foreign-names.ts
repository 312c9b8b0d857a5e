import { createHash } from 'node:crypto';
import { LEDGER_MARGIN_MS } from './ledger-entry.js';

/** The kinds of names in another issuer's tokens. */
export type ForeignKind = 'token' | 'subject' | 'session' | 'key' | 'unnamed';

/**
 * The form in which the ledger and principals write names of another issuer. Issuers choose `jti`, `sub`, `sid` and
 * `kid` themselves, and none may refer to names of another issuer, or to ours.
 */
export function foreignName(kind: ForeignKind, issuer: string, value: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([kind, issuer, value]))
    .digest('base64url');
  return `foreign-${digest}`;
}

/**
 * A token of another issuer with a longer lifetime is refused, so that a ledger entry can outlive every accepted token.
 */
export const MAX_FOREIGN_LIFETIME_SECONDS = 86_400;
/** How long a ledger entry for tokens of other issuers is kept. */
export const FOREIGN_LEDGER_LIFETIME_MS = MAX_FOREIGN_LIFETIME_SECONDS * 1000 + LEDGER_MARGIN_MS;

/** Stores keep versions as 32-bit integers, which seconds since 1970 exceed in 2038. */
const VERSIONS_BEGIN = Date.UTC(2025, 0, 1) / 1000;

/** `iat` as the version of a token, so that revoking a subject refuses all tokens that were issued before. */
export function foreignVersion(iatSeconds: number): number {
  return Math.max(0, Math.min(iatSeconds - VERSIONS_BEGIN, 2 ** 31 - 1));
}
