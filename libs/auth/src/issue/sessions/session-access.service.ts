import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { actingRefusal } from '../../options/acting-options.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { EndReason } from '../../storage/end-reason.js';
import type { Session, SessionState } from '../../storage/session.js';
import { SessionStore } from '../../storage/session-store.port.js';
import type { UserFacts } from '../../storage/subject.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import type { IssuedAccessToken } from '../tokens/access-token-issuer.service.js';
import type { IssuedTokens } from '../tokens/issued-tokens.js';
import { TokenGrants } from '../tokens/token-grants.service.js';
import { Announcer } from './announcer.service.js';
import { RevocationService } from './revocation.service.js';

/** Makes the next access token of a session. A session that can get none any more is ended. */
@Injectable()
export class SessionAccess {
  constructor(
    private readonly users: UserDirectory,
    private readonly sessions: SessionStore,
    private readonly grants: TokenGrants,
    private readonly revocations: RevocationService,
    private readonly announcer: Announcer,
    private readonly options: ResolvedAuthOptions,
  ) {}

  /**
   * Whether a token needs the host (its user directory, a hook, a remote signer), so that making one may fail. Throws
   * `unavailable` if there is no key to sign with.
   */
  asksHost(): boolean {
    return this.grants.needs() === 'host' || this.sessions.usersAre === 'elsewhere';
  }

  /**
   * `asOfMs`: a time read before `state` was. Throws `token_refused`, and has ended the session, if
   * the user directory has no such user or a disabled one, if the actor may no longer act as the
   * user, or if today's rules refuse the claims that the session keeps.
   */
  async token(state: SessionState, asOfMs: number): Promise<IssuedAccessToken> {
    const user = await this.userOf(state);
    return this.issue(state, user, asOfMs);
  }

  /**
   * If the host takes part (a hook, a schema, a remote signer), a token is made and discarded
   * before the secret is replaced, so that a failure comes first. Throws as the issue does, and
   * `token_refused` if the session ended because of it.
   */
  async rehearse(sessionId: string, account: UserFacts, asOfMs: number): Promise<void> {
    if (this.grants.needs() === 'nobody') return;
    const state = await this.sessions.read(sessionId);
    if (state?.live) await this.issue(state, state.user ?? account, asOfMs);
  }

  /**
   * For a secret that was replaced after a proof; `account` is the user that the proof was checked
   * with. Throws as `token`.
   */
  async grant(
    state: SessionState & { readonly refreshToken: string },
    account: UserFacts,
    asOfMs: number,
  ): Promise<IssuedTokens> {
    const access = await this.issue(state, state.user ?? account, asOfMs);
    return this.grants.grant(state.session, access, state.refreshToken);
  }

  private async issue(
    state: SessionState,
    user: UserFacts,
    asOfMs: number,
  ): Promise<IssuedAccessToken> {
    try {
      return await this.grants.accessTokenFor(state, user, asOfMs);
    } catch (error) {
      if (!(error instanceof AuthError) || !this.isOfSession(error)) throw error;
      throw await this.ended(state.session, 'unissuable', error.detail);
    }
  }

  /**
   * An error that no retry can change ends the session: the refresh token may be used by now, and a
   * retry would look like theft. If the host takes part, a token that is too large was refused
   * before anything was spent.
   */
  private isOfSession({ reason }: AuthError): boolean {
    if (reason === 'token_too_large') return this.grants.needs() === 'nobody';
    return reason === 'session_claims_refused' || reason === 'tenant_unknown';
  }

  /**
   * For users in another system: if the user is gone or disabled there, every session here ends.
   * The same holds for an actor.
   */
  private async userOf({ session, ...state }: SessionState): Promise<UserFacts> {
    const { actor, subject } = session;
    const acting = actor && (state.acting ?? (await this.present(actor.id)));
    const user = state.user ?? (await this.present(subject));
    const problem = acting && actingRefusal(this.options.sessions.mayActAs, acting, user);
    if (problem) throw await this.ended(session, 'actor_ended', problem);
    return user;
  }

  private async present(id: string): Promise<UserFacts> {
    const account = (await this.users.findById(id))?.account;
    if (account && !account.disabled) return account;
    await this.revocations.endAll(id, account ? 'user_disabled' : 'user_not_found');
    throw new AuthError('token_refused', 'the user, or who acts as the user, is gone or disabled');
  }

  private async ended(
    { id, actor }: Session,
    reason: EndReason,
    detail: string,
  ): Promise<AuthError> {
    const ended = await this.sessions.endOne(id, reason, { actorId: actor?.id });
    if (ended) await this.announcer.announce(ended);
    return new AuthError('token_refused', detail);
  }
}
