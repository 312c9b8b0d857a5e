import { Injectable } from '@nestjs/common';
import type { ActedBy } from '../../storage/acted-by.js';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import { withDeadline } from '../../common/deadline.js';
import { LEDGER_LIFETIME_MS, LEDGER_MARGIN_MS, type LedgerEntry } from '../../storage/ledger-entry.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { RevocationFeedBus } from '../../storage/revocation-feed.port.js';
import { RevocationLedgerStore } from '../../storage/revocation-ledger.port.js';
import { RevocationSync } from '../../verify/revocation/revocation-sync.service.js';

/** Entries of kind `key` stay: nobody can know when the last process gives the `kid` up. */
const FOR_GOOD = Date.UTC(9999, 0, 1);
/** Contract, section 1; Postgres refuses NUL. */
const TOKEN_ID = /^\P{Cc}{1,128}$/u;
const ANY_UUID = /^\{?([\da-f]{8})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{12})\}?$/i;

/** Revokes, and tells everybody. */
@Injectable()
export class RevocationService {
  /** Publishings that failed; the next step of any process makes up for them. */
  failedPublishings = 0;

  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
    private readonly views: RevocationSync,
    private readonly ledger?: RevocationLedgerStore,
    private readonly feed?: RevocationFeedBus,
  ) {}

  /**
   * After the commit that wrote the entries: the own view at once, before this returns; then the feed, best effort within the deadline. Never
   * rejects: what could not be published is in the ledger.
   */
  announce(entries: readonly LedgerEntry[]): void | Promise<void> {
    if (entries.length === 0) return;
    this.views.add(entries);
    if (this.feed) return this.publish(this.feed, entries);
  }

  /**
   * `expiresAtSeconds`: the token's `exp`. Durable when it resolves, with the id that was revoked; rejects with `unavailable`. Ours are UUIDs in
   * lower case: one in another spelling is revoked as given, which may be another issuer's, and as ours.
   */
  async revokeToken(given: string, expiresAtSeconds: number, by?: ActedBy): Promise<string> {
    if (!TOKEN_ID.test(given))
      throw new AuthError('input_invalid', 'no token has that jti: it has 1 to 128 characters');
    if (!Number.isSafeInteger(expiresAtSeconds) || expiresAtSeconds < 0) {
      throw new AuthError('input_invalid', 'exp is no whole number of seconds');
    }
    const expiresAt = expiresAtSeconds * 1000 + LEDGER_MARGIN_MS;
    const tokenId = inOurSpelling(given);
    const names = [...new Set([given, tokenId])];
    const entries = names.map((name): LedgerEntry => ({ kind: 'token', tokenId: name, expiresAt }));
    await this.revoke(entries, by);
    return tokenId;
  }

  /** The session's access tokens alone; its refresh token is the session store's business. */
  async revokeSessionEntry(sessionId: string): Promise<void> {
    await this.revoke([{ kind: 'session', sessionId, expiresAt: this.clock.now() + LEDGER_LIFETIME_MS }]);
  }

  /** `minVersion`: the least `tokenVersion` still accepted. */
  async revokeUserEntry(subject: string, minVersion: number): Promise<void> {
    const expiresAt = this.clock.now() + LEDGER_LIFETIME_MS;
    await this.revoke([{ kind: 'user', subject, minVersion, expiresAt }]);
  }

  async revokeKey(keyId: string, by?: ActedBy): Promise<void> {
    await this.revoke([{ kind: 'key', keyId, expiresAt: FOR_GOOD }], by);
  }

  /** Every token whose `iat` lies before `issuedBeforeSeconds`. */
  async revokeAllBefore(issuedBeforeSeconds: number): Promise<void> {
    const from = Math.max(this.clock.now(), issuedBeforeSeconds * 1000);
    const expiresAt = from + LEDGER_LIFETIME_MS;
    await this.revoke([{ kind: 'all', issuedBefore: issuedBeforeSeconds, expiresAt }]);
  }

  private async revoke(entries: readonly LedgerEntry[], by?: ActedBy): Promise<void> {
    if (!this.ledger) throw AuthError.unavailable('a service that only verifies has no ledger to revoke in');
    await this.ledger.append(entries, by);
    await this.announce(entries);
  }

  private async publish(feed: RevocationFeedBus, entries: readonly LedgerEntry[]): Promise<void> {
    try {
      const { ledger } = this.views.view;
      if (ledger === undefined) throw AuthError.unavailable('the ledger is not known yet');
      await withDeadline(feed.publish(ledger, entries), this.options.revocation.deadlineMs, 'redis publish');
    } catch {
      this.failedPublishings++;
    }
  }
}

/** A UUID with hyphens and in lower case, whatever spells it; any other text as it is. */
function inOurSpelling(tokenId: string): string {
  return ANY_UUID.exec(tokenId)?.slice(1).join('-').toLowerCase() ?? tokenId;
}
