import { Injectable } from '@nestjs/common';
import type { ActedBy } from '../../storage/store-change.js';
import { AuthError } from '../../common/auth-error.js';
import type { EndReason } from '../../storage/end-reason.js';
import { Clock } from '../../common/clock.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import {
  FOREIGN_LEDGER_LIFETIME_MS,
  foreignName,
  foreignVersion,
} from '../../storage/foreign-names.js';
import { keyRevoked, LEDGER_MARGIN_MS, type LedgerEntry } from '../../storage/ledger-entry.js';
import { RevocationLedgerStore } from '../../storage/revocation-ledger.port.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { Announcer } from './announcer.service.js';

/** Contract, section 1; without control characters, because Postgres refuses NUL. */
const TOKEN_ID = /^\P{Cc}{1,128}$/u;
const ANY_UUID = /^\{?([\da-f]{8})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{12})\}?$/i;

/**
 * No token is accepted for longer (ours an hour, those of other issuers a day, old ones 90 days).
 * So a revocation works even if `exp` was given in milliseconds or is too large for a date.
 */
const LONGEST_LIFE_MS = 366 * 86_400_000;

/** One token of another issuer, or all tokens of one of its subjects. */
export type ForeignRevocation =
  | { readonly issuer: string; readonly jti: string }
  | { readonly issuer: string; readonly sub: string };

/**
 * Revokes, and informs all processes. The revocation is durable when the promise resolves; it
 * rejects with `unavailable`.
 */
@Injectable()
export class RevocationService {
  constructor(
    private readonly ledger: RevocationLedgerStore,
    private readonly sessions: SessionStore,
    private readonly announcer: Announcer,
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
  ) {}

  /**
   * `expiresAtSeconds`: the token's `exp`. Our ids are UUIDs in lower case. An id in another
   * spelling is revoked as given, in our spelling, and for each trusted issuer.
   */
  async revokeToken(given: string, expiresAtSeconds: number, by?: ActedBy): Promise<void> {
    if (!TOKEN_ID.test(given))
      throw new AuthError('input_invalid', 'no token has that jti: it has 1 to 128 characters');
    if (!Number.isSafeInteger(expiresAtSeconds) || expiresAtSeconds < 0) {
      throw new AuthError('input_invalid', 'exp is not a whole number of seconds');
    }
    const latest = this.clock.now() + LONGEST_LIFE_MS;
    const expiresAt = Math.min(expiresAtSeconds * 1000, latest) + LEDGER_MARGIN_MS;
    const foreign = this.options.trustedIssuers.map(({ issuer }) =>
      foreignName('token', issuer, given),
    );
    const names = [...new Set([given, inOurSpelling(given), ...foreign])];
    const entries = names.map((id): LedgerEntry => ({ kind: 'token', id, value: 0, expiresAt }));
    await this.announcer.announce(await this.ledger.append(entries, by));
  }

  /**
   * For a subject: everything issued until now. The tolerance is added, because the issuer's clock
   * may be ahead of ours.
   */
  async revokeForeign(of: ForeignRevocation, by?: ActedBy): Promise<void> {
    const { issuer } = of;
    if (!this.options.trustedIssuers.some((each) => each.issuer === issuer))
      throw new AuthError(
        'input_invalid',
        'trustedIssuers has no such issuer: name it there, to the letter',
      );
    const nowMs = this.clock.now();
    const expiresAt = nowMs + FOREIGN_LEDGER_LIFETIME_MS;
    const upTo = Math.floor(nowMs / 1000) + this.options.accessToken.clockToleranceSeconds;
    const entry: LedgerEntry =
      'jti' in of
        ? { kind: 'token', id: foreignName('token', issuer, of.jti), value: 0, expiresAt }
        : {
            kind: 'user',
            id: foreignName('subject', issuer, of.sub),
            value: foreignVersion(upTo) + 1,
            expiresAt,
          };
    await this.announcer.announce(await this.ledger.append([entry], by));
  }

  async revokeKey(keyId: string, by?: ActedBy): Promise<void> {
    await this.announcer.announce(await this.ledger.append([keyRevoked(keyId)], by));
  }

  /** Ends every session and access token of a user, by the directory's own id. */
  async endAll(subject: string, reason: EndReason, by?: ActedBy): Promise<void> {
    await this.announcer.announce(await this.sessions.endAll(subject, reason, by));
  }
}

/** A UUID in any spelling becomes lower case with hyphens; any other text stays as it is. */
function inOurSpelling(tokenId: string): string {
  return ANY_UUID.exec(tokenId)?.slice(1).join('-').toLowerCase() ?? tokenId;
}
