import { Injectable } from '@nestjs/common';
import type { ActedBy } from '../storage/store-change.js';
import type { ClientContext } from '../common/principal.js';
import type { Duration } from '../common/duration.js';
import type { HostTransaction, HostWork } from '../storage/sql-transaction.port.js';
import type { ForeignRevocation } from './sessions/revocation.service.js';
import type { Session } from '../storage/session.js';
import type { UserAccount } from '../storage/user-directory.port.js';
import type { IssuedTokens, LoginResult } from './tokens/issued-tokens.js';
import { HostPasswordsFlow } from './flows/host-passwords.flow.js';
import { HostRevocationsFlow } from './flows/host-revocations.flow.js';
import { HostSessionsFlow } from './flows/host-sessions.flow.js';
import {
  ApiKeysFlow,
  type CreatedApiKey,
  type NewApiKeyInput,
  readApiKeyInput,
} from './flows/api-keys.flow.js';
import { HostTokensFlow, type RedeemedToken } from './flows/host-tokens.flow.js';
import { Maintenance } from './maintenance.service.js';
import type { SignInResult } from './flows/complete-sign-in.service.js';
import { OpenSessionFlow, type OpenSessionOptions } from './flows/open-session.flow.js';
import { type PendingChange, type UserChange, UserChangesFlow } from './flows/user-changes.flow.js';

/**
 * The methods that a host calls from its own code. When a promise resolves, the change is durable and in effect in
 * this process. `by` names who asked for it, in the events and the audit trail. It cannot be checked, so take it from
 * the principal.
 */
@Injectable()
export class AuthService {
  constructor(
    private readonly opening: OpenSessionFlow,
    private readonly hostSessions: HostSessionsFlow,
    private readonly passwords: HostPasswordsFlow,
    private readonly tokens: HostTokensFlow,
    private readonly apiKeys: ApiKeysFlow,
    private readonly changes: UserChangesFlow,
    private readonly revocations: HostRevocationsFlow,
    private readonly maintenance: Maintenance,
  ) {}

  /**
   * For sign-in routes of the host: opens a session for a user whom the host has authenticated. If the user has a
   * second factor (`factors`), it returns a ticket for `POST login/second-factor` instead, unless `secondFactor` is
   * `satisfied`. With `actor`, somebody acts as the user; then it throws `forbidden` (403) and `user_not_found` (404).
   */
  openSession(
    userId: string,
    options: OpenSessionOptions &
      (
        | { readonly secondFactor: 'satisfied' }
        | { readonly actor: NonNullable<OpenSessionOptions['actor']> }
      ),
  ): Promise<LoginResult>;
  openSession(userId: string, options?: OpenSessionOptions): Promise<SignInResult>;
  openSession(userId: string, options?: OpenSessionOptions): Promise<SignInResult> {
    return this.opening.openSession(userId, options);
  }

  /**
   * Creates an API key for a user, or for a service that has a user of its own. Needs `apiKeys`. The key is returned
   * only here, because only its hash is stored.
   */
  createApiKey(userId: string, input: NewApiKeyInput, by: ActedBy = {}): Promise<CreatedApiKey> {
    return this.apiKeys.create(userId, readApiKeyInput(input), by);
  }

  /**
   * For a change of role or permissions, disabling and deletion: runs the host's `work` and ends the affected
   * sessions or tokens, in one transaction. A function gets a Drizzle transaction that Tokenward opens; `typeormWork`
   * and similar functions use a transaction of the host's own library.
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
   * The same within a transaction that the host has opened: a Drizzle transaction, or the result of
   * `typeormTransaction` and similar functions. Call `committed()` on the result after the commit. Throws
   * `configuration_invalid`, and writes nothing, if `tx` is not an open transaction of Tokenward's database.
   */
  userChanged(
    tx: HostTransaction,
    userId: string,
    change: UserChange = 'authorization',
    by?: ActedBy,
  ): Promise<PendingChange> {
    return this.changes.within(tx, userId, change, by);
  }

  /** To be called in the host's own transaction after it has set a new password. Every session of the user ends. */
  passwordChanged(tx: HostTransaction, userId: string, by?: ActedBy): Promise<PendingChange> {
    return this.changes.within(tx, userId, 'password', by);
  }

  /**
   * Checks a password like a login: counted, throttled, and in the same time for every user. `client.device` is the
   * signed device id of the request. Opens no session. Throws `login_refused` (401) for every cause, and `throttled`
   * (429).
   */
  checkPassword(
    identifier: string,
    password: string,
    client: ClientContext & { readonly device?: string } = {},
  ): Promise<UserAccount> {
    return this.passwords.checkPassword(identifier, password, client);
  }

  /**
   * Checks whether a new password is acceptable (`passwords`). Throws `password_unacceptable` (400), which says why.
   * `context`: the user's email, and the user's identifier if that is another one; the password must contain neither.
   */
  checkNewPassword(
    text: string,
    context: { readonly email?: string; readonly identifier?: string } = {},
  ): Promise<void> {
    return this.passwords.checkNew(text, context);
  }

  /**
   * To be called when the person proved a credential that the host checks itself. The session gets a fresh
   * `auth_time` with this `amr` (RFC 8176) and new tokens; its former refresh token is spent. Throws
   * `session_not_found` if the session is not live.
   */
  renewProof(sessionId: string, amr: readonly string[]): Promise<IssuedTokens> {
    return this.hostSessions.renewProof(sessionId, amr);
  }

  /**
   * Creates a one-time token for a link or a code of the host (an invitation, a confirmation): 256 random bits as
   * base64url. It becomes invalid when the next one of its kind is issued for the user, when the password changes,
   * and when the user is disabled or deleted. `ttl`: up to `365d`. `data` is returned with the token and is stored as
   * readable JSON, so it must not contain secrets.
   */
  issueOneTimeToken(
    kind: string,
    userId: string,
    ttl: Duration,
    data: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    return this.tokens.issue(kind, userId, ttl, data);
  }

  /**
   * Spends a one-time token. Throws `link_refused` (400) unless the token is live and of this kind, and its user
   * exists and is enabled.
   */
  redeemOneTimeToken(kind: string, token: string): Promise<RedeemedToken> {
    return this.tokens.redeem(kind, token);
  }

  /** The live sessions of a user; empty for an unknown user. */
  sessions(userId: string): Promise<readonly Session[]> {
    return this.hostSessions.list(userId);
  }

  /**
   * Revokes one access token, of Tokenward or of a trusted issuer, by its `jti` (for Tokenward's a UUID in any
   * spelling) and `exp` (whole seconds).
   */
  revokeToken(given: string, expiresAt: number, by?: ActedBy): Promise<void> {
    return this.revocations.token(given, expiresAt, by);
  }

  /**
   * Revokes tokens of another issuer (one of `trustedIssuers`): one token by its `jti`, or every token of a `sub`
   * that was issued up to now plus the clock tolerance. The issuer does not learn of it, so end the session there as
   * well. Throws `input_invalid` for an issuer that is not trusted.
   */
  revokeForeign(of: ForeignRevocation, by?: ActedBy): Promise<void> {
    return this.revocations.foreign(of, by);
  }

  /** Ends one session with its access tokens; `not_found` if it was not live. */
  revokeSession(given: string, by: ActedBy = {}): Promise<'ended' | 'not_found'> {
    return this.revocations.session(given, by);
  }

  /** Ends every session and access token of a user. Throws `user_not_found` for an unknown user. */
  revokeUser(userId: string, { actorId }: ActedBy = {}): Promise<void> {
    return this.changes.change(userId, 'signed_out', { actorId });
  }

  /**
   * Revokes a leaked signing key: every token that it signed is refused. Throws `key_not_found` if this process has
   * no key with that `kid`.
   */
  revokeKey(keyId: string, by?: ActedBy): Promise<void> {
    return this.revocations.key(keyId, by);
  }

  /**
   * Creates a new refresh-token secret. Every process knows it before it is used for new tokens, so no session is lost.
   */
  rotateRefreshSecret(): Promise<void> {
    return this.maintenance.rotateRefreshSecret();
  }

  /**
   * To be called after the database was restored from a backup. Ends every session, and refuses every token issued up
   * to now plus the clock tolerance (so tokens of new logins are also refused for that time). Revokes the signing
   * keys in the backup (`drizzleKeySource`), because a key that was revoked since would sign again; `keepKeys` names
   * exceptions, and a new key is created. Keys of other sources are not in the backup: revoke those again that were
   * revoked since.
   */
  afterRestore({
    keepKeys = [],
    ...by
  }: ActedBy & { readonly keepKeys?: readonly string[] } = {}): Promise<void> {
    return this.maintenance.afterRestore(keepKeys, by);
  }

  /** Removes expired rows now, also of the audit trail. Resolves with the number of removed rows. */
  cleanUp(): Promise<number> {
    return this.maintenance.cleanUp();
  }
}
