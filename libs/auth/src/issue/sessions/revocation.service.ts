import { Injectable } from '@nestjs/common';
import type { ActedBy } from '../../storage/acted-by.js';
import { AuthError } from '../../common/auth-error.js';
import type { EndReason } from '../../storage/end-reason.js';
import { keyRevoked, LEDGER_MARGIN_MS, type LedgerEntry } from '../../storage/ledger-entry.js';
import { RevocationLedgerStore } from '../../storage/revocation-ledger.port.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { Announcer } from './announcer.service.js';

/** Contract, section 1; Postgres refuses NUL. */
const TOKEN_ID = /^\P{Cc}{1,128}$/u;
const ANY_UUID = /^\{?([\da-f]{8})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{12})\}?$/i;

/** Revokes, and tells everybody. Durable when it resolves; rejects with `unavailable`. */
@Injectable()
export class RevocationService {
  constructor(
    private readonly ledger: RevocationLedgerStore,
    private readonly sessions: SessionStore,
    private readonly announcer: Announcer,
  ) {}

  /**
   * `expiresAtSeconds`: the token's `exp`. Ours are UUIDs in lower case: one in another spelling is revoked as given, which may be another
   * issuer's, and as ours.
   */
  async revokeToken(given: string, expiresAtSeconds: number, by?: ActedBy): Promise<void> {
    if (!TOKEN_ID.test(given))
      throw new AuthError('input_invalid', 'no token has that jti: it has 1 to 128 characters');
    if (!Number.isSafeInteger(expiresAtSeconds) || expiresAtSeconds < 0) {
      throw new AuthError('input_invalid', 'exp is not a whole number of seconds');
    }
    const expiresAt = expiresAtSeconds * 1000 + LEDGER_MARGIN_MS;
    const names = [...new Set([given, inOurSpelling(given)])];
    const entries = names.map((id): LedgerEntry => ({ kind: 'token', id, value: 0, expiresAt }));
    await this.announcer.announce(await this.ledger.append(entries, by));
  }

  async revokeKey(keyId: string, by?: ActedBy): Promise<void> {
    await this.announcer.announce(await this.ledger.append([keyRevoked(keyId)], by));
  }

  /** Every session and access token of a user, by the directory's own id. */
  async endAll(subject: string, reason: EndReason, by?: ActedBy): Promise<void> {
    await this.announcer.announce(await this.sessions.endAll(subject, reason, by));
  }
}

/** A UUID with hyphens and in lower case, whatever spells it; any other text as it is. */
function inOurSpelling(tokenId: string): string {
  return ANY_UUID.exec(tokenId)?.slice(1).join('-').toLowerCase() ?? tokenId;
}
