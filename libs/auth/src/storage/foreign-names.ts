import { createHash } from 'node:crypto';
import { LEDGER_MARGIN_MS } from './ledger-entry.js';

/** What the names of another issuer's tokens are made of. */
export type ForeignKind = 'token' | 'subject' | 'session' | 'key' | 'unnamed';

/**
 * How the ledger and principals name what another issuer named: issuers choose `jti`, `sub`, `sid` and `kid` by themselves, and none of them may
 * speak of another's, or of ours.
 */
export function foreignName(kind: ForeignKind, issuer: string, value: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([kind, issuer, value]))
    .digest('base64url');
  return `foreign-${digest}`;
}

/** A token of another issuer that lives longer is refused, so that an entry of the ledger can outlive every one of them. */
export const MAX_FOREIGN_LIFETIME_SECONDS = 86_400;
/** What an entry that concerns tokens of other issuers is kept for. */
export const FOREIGN_LEDGER_LIFETIME_MS = MAX_FOREIGN_LIFETIME_SECONDS * 1000 + LEDGER_MARGIN_MS;

/** Stores keep versions as 32-bit integers: seconds since 1970 leave them in 2038. */
const VERSIONS_BEGIN = Date.UTC(2025, 0, 1) / 1000;

/** `iat` as the version of a token: what is revoked of a subject is what was issued before. */
export function foreignVersion(iatSeconds: number): number {
  return Math.max(0, Math.min(iatSeconds - VERSIONS_BEGIN, 2 ** 31 - 1));
}
