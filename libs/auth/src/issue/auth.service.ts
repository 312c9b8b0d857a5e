import { Injectable } from '@nestjs/common';
import type { ActedBy } from '../storage/acted-by.js';
import { AuthError } from '../common/auth-error.js';
import type { ClientContext } from '../common/principal.js';
import type { Duration } from '../common/duration.js';
import type { HostTransaction } from '../storage/host-transaction.js';
import type { HostWork } from '../storage/sql-transaction.port.js';
import { AuditRecorder } from '../observe/audit-recorder.service.js';
import { Announcer } from './sessions/announcer.service.js';
import { type ForeignRevocation, RevocationService } from './sessions/revocation.service.js';
import type { Session } from '../storage/session.js';
import { ResolvedAuthOptions } from '../options/resolved-options.js';
import { KeyRotation } from './keys/key-rotation.service.js';
import { RefreshSecretsRotation } from './sessions/refresh-secrets-rotation.service.js';
import { SessionCleanUp } from './sessions/session-clean-up.service.js';
import type { UserAccount } from '../storage/user-directory.port.js';
import { SessionStore } from '../storage/session-store.port.js';
import { AccessTokenVerifier } from '../verify/tokens/access-token-verifier.service.js';
import type { IssuedTokens, LoginResult } from './tokens/issued-tokens.js';
import { HostChecksFlow } from './flows/host-checks.flow.js';

import {
  ApiKeysFlow,
  type CreatedApiKey,
  type NewApiKeyInput,
  readApiKeyInput,
} from './flows/api-keys.flow.js';
import { HostTokensFlow, type RedeemedToken } from './flows/host-tokens.flow.js';
import type { SignInResult } from './flows/complete-sign-in.service.js';
import { OpenSessionFlow, type OpenSessionOptions } from './flows/open-session.flow.js';
import { type PendingChange, type UserChange, UserChangesFlow } from './flows/user-changes.flow.js';
import { PasswordPolicy } from './users/password-policy.service.js';
import { UserResolver } from './users/user-resolver.service.js';

/**
 * What a host calls from its own code. Everything is durable when it resolves, and refused in this process from then on. `by` names who
 * asked for it in the events and the audit trail; it is believed, so take it from the principal.
 */
@Injectable()
export class AuthService {
  constructor(
    private readonly opening: OpenSessionFlow,
    private readonly checks: HostChecksFlow,
    private readonly policy: PasswordPolicy,
    private readonly tokens: HostTokensFlow,
    private readonly apiKeys: ApiKeysFlow,
    private readonly resolver: UserResolver,
    private readonly verifier: AccessTokenVerifier,
    private readonly changes: UserChangesFlow,
    private readonly store: SessionStore,
    private readonly revocations: RevocationService,
    private readonly cleaning: SessionCleanUp,
    private readonly peppers: RefreshSecretsRotation,
    private readonly recorder: AuditRecorder,
    private readonly announcer: Announcer,
    private readonly keys: KeyRotation,
    private readonly options: ResolvedAuthOptions,
  ) {}

  /**
   * For ways in of the host's own: opens a session for a user whom the host has authenticated. Where the user has a second factor (`factors`) it
   * returns a ticket for `POST login/second-factor` instead, unless `secondFactor` is `satisfied`. With `actor` somebody acts as the user: throws
   * `forbidden` (403) and `user_not_found` (404).
   */
  openSession(
    userId: string,
    options: OpenSessionOptions &
      ({ readonly secondFactor: 'satisfied' } | { readonly actor: NonNullable<OpenSessionOptions['actor']> }),
  ): Promise<LoginResult>;
  openSession(userId: string, options?: OpenSessionOptions): Promise<SignInResult>;
  openSession(userId: string, options?: OpenSessionOptions): Promise<SignInResult> {
    return this.opening.openSession(userId, options);
  }

  /** An API key of a user, or of a service that has a user of its own; needs `apiKeys`. The key comes back once: it is kept as a hash alone. */
  createApiKey(userId: string, input: NewApiKeyInput, by: ActedBy = {}): Promise<CreatedApiKey> {
    return this.apiKeys.create(userId, readApiKeyInput(input), by);
  }

  /**
   * Role, permissions, disabling, deletion: runs the host's `work` and what the change ends in one transaction. A function gets a transaction of
   * Drizzle that Tokenward opens; what `typeormWork` and its like make opens one of the host's own library.
   */
  changeUser(
    userId: string,
    change: UserChange,
    work?: ((tx: HostTransaction) => Promise<void>) | HostWork,
    by?: ActedBy,
  ): Promise<void> {
    if (typeof work === 'object') return this.changes.changeIn(work, userId, change, by);
    return this.changes.change(userId, change, { work, actorId: by?.actorId });
  }

  /**
   * In the host's own transaction, one of Drizzle or what `typeormTransaction` and its like make of another library's: role or permissions
   * changed. Call `committed()` on the result after the commit. Throws `configuration_invalid`, and writes nothing, where `tx` is not an open
   * transaction of Tokenward's database.
   */
  userChanged(
    tx: HostTransaction,
    userId: string,
    change: UserChange = 'authorization',
    by?: ActedBy,
  ): Promise<PendingChange> {
    return this.changes.within(tx, userId, change, by);
  }

  /** In the host's own transaction: the password was set by a reset flow; every session of the user ends. */
  passwordChanged(tx: HostTransaction, userId: string, by?: ActedBy): Promise<PendingChange> {
    return this.changes.within(tx, userId, 'password', by);
  }

  /**
   * Compares a password as a login does: counted and throttled, `client.device` being the signed device id that came along, in the same time whoever
   * the user is. Opens nothing. Throws `login_refused` (401), whatever was wrong, and `throttled` (429).
   */
  checkPassword(
    identifier: string,
    password: string,
    client: ClientContext & { readonly device?: string } = {},
  ): Promise<UserAccount> {
    return this.checks.checkPassword(identifier, password, client);
  }

  /**
   * Whether a new password is acceptable (`passwords`). Throws `password_unacceptable` (400) that says why. `context`: the email of its user, and what the
   * user signs in with where that is another name; neither may be in it.
   */
  checkNewPassword(
    text: string,
    context: { readonly email?: string; readonly identifier?: string } = {},
  ): Promise<void> {
    return this.policy.check(text, { ...context, field: 'newPassword' });
  }

  /**
   * The person proved a credential that the host checks itself: the session gets a fresh `auth_time` with this `amr` (RFC 8176), and new tokens; its
   * former refresh token is spent. Throws `session_not_found` for one that is not live.
   */
  renewProof(sessionId: string, amr: readonly string[]): Promise<IssuedTokens> {
    return this.checks.renewProof(sessionId, amr);
  }

  /**
   * A token that works once, for a link or a code of the host's own (an invitation, a confirmation): 256 random bits as base64url. It dies with the
   * next one of its kind for the user, when the password changes and when the user is disabled or deleted.
   * `ttl`: up to `365d`. `data` comes back with it and is kept as JSON, readable: no secrets.
   */
  issueOneTimeToken(
    kind: string,
    userId: string,
    ttl: Duration,
    data: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    return this.tokens.issue(kind, userId, ttl, data);
  }

  /** Spends it. Throws `link_refused` (400) for any but a live one of this kind, and for one of a user who is gone or disabled. */
  redeemOneTimeToken(kind: string, token: string): Promise<RedeemedToken> {
    return this.tokens.redeem(kind, token);
  }

  /** Live ones; none of a user whom nobody knows. */
  async sessions(userId: string): Promise<readonly Session[]> {
    const id = await this.resolver.idOf(userId).catch((error: unknown) => {
      if (error instanceof AuthError && error.reason === 'user_not_found') return undefined;
      throw error;
    });
    return id === undefined ? [] : this.store.list(id);
  }

  /** One access token, ours or of a trusted issuer, by its `jti` (of ours a UUID in any spelling) and `exp` (whole seconds). */
  async revokeToken(given: string, expiresAt: number, by?: ActedBy): Promise<void> {
    await this.revocations.revokeToken(given, expiresAt, by);
  }

  /**
   * Of another issuer (one of `trustedIssuers`): one token by its `jti`, or every one of a `sub` that was issued up to now plus the clock
   * tolerance. The issuer does not hear of it: end the session there, too. Throws `input_invalid` for an issuer that is not trusted here.
   */
  async revokeForeign(of: ForeignRevocation, by?: ActedBy): Promise<void> {
    await this.revocations.revokeForeign(of, by);
  }

  /** One session with its access tokens; `not_found` when it was not live. */
  async revokeSession(given: string, { actorId }: ActedBy = {}): Promise<'ended' | 'not_found'> {
    const ended = await this.store.endOne(given, 'ended_by_host', { actorId });
    if (!ended) return 'not_found';
    await this.announcer.announce(ended);
    return 'ended';
  }

  /** Every session and access token of a user; `user_not_found` for one whom nobody knows. */
  revokeUser(userId: string, { actorId }: ActedBy = {}): Promise<void> {
    return this.changes.change(userId, 'signed_out', { actorId });
  }

  /** A signing key that leaked: every token it signed is refused. `key_not_found` when this process knows none of that `kid`. */
  async revokeKey(keyId: string, by?: ActedBy): Promise<void> {
    if (!this.verifier.knowsKey(keyId))
      throw new AuthError('key_not_found', 'this process knows no key of that kid');
    await this.revocations.revokeKey(keyId, by);
  }

  /** A new refresh-token secret: every process knows it before it mints; no session is lost. */
  rotateRefreshSecret(): Promise<void> {
    return this.peppers.rotate();
  }

  /**
   * After the database was restored from a backup: ends every session, refuses every token issued up to now plus the clock tolerance (so new logins
   * may be refused for as long), and revokes the signing keys that the backup held (`drizzleKeySource`; a new one is made) but those of `keepKeys`: a
   * key that was revoked since the backup would sign again. Keys from elsewhere are not in it: revoke again what was revoked since.
   */
  async afterRestore({
    keepKeys = [],
    ...by
  }: ActedBy & { readonly keepKeys?: readonly string[] } = {}): Promise<void> {
    const held = this.keys.keptKeys();
    if (keepKeys.some((kid) => !held.includes(kid)))
      throw new AuthError('key_not_found', 'keepKeys names a key that the key source does not hold');
    const ended = await this.store.endEverything(by, this.options.accessToken.clockToleranceSeconds * 1000);
    await this.announcer.announce(ended);
    for (const keyId of held) if (!keepKeys.includes(keyId)) await this.revocations.revokeKey(keyId, by);
    // nobody can sign in before there is one
    if (held.length > keepKeys.length) await this.keys.refresh();
  }

  /** Removes expired rows now, those of the audit trail too; resolves with how many. */
  async cleanUp(): Promise<number> {
    return (await this.cleaning.run()) + (await this.recorder.cleanUp());
  }
}
