import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { Announcer } from '../sessions/announcer.service.js';
import { type RefreshOutcome, RotationService } from '../sessions/rotation.service.js';
import { SessionAccess } from '../sessions/session-access.service.js';
import { SessionService } from '../sessions/session.service.js';
import type { GenuineRefreshToken } from '../sessions/refresh-token.js';
import type { RetryKey } from '../sessions/retry-key.js';
import type { IssuedAccessToken } from '../tokens/access-token-issuer.service.js';
import type { IssuedTokens } from '../tokens/issued-tokens.js';
import type { PresentedRefresh } from '../../verify/presented-token.js';
import { dpopRefusal } from '../../verify/dpop/dpop-refusal.js';
import { NamedSessions } from './named-sessions.service.js';
import { clientOf, TokenGrants } from '../tokens/token-grants.service.js';

type Fresh = Extract<RefreshOutcome, { kind: 'rotated' | 'replayed' }>;
type Refused = Extract<RefreshOutcome, { kind: 'superseded' | 'mismatch' | 'unproven' }>;

/** One refresh token → the next pair. What each outcome means is in contract, section 5. */
@Injectable()
export class RefreshFlow {
  constructor(
    private readonly rotation: RotationService,
    private readonly refreshTokens: SessionService,
    private readonly byAccessToken: NamedSessions,
    private readonly grants: TokenGrants,
    private readonly access: SessionAccess,
    private readonly announcer: Announcer,
    private readonly events: AuthEventPublisher,
    private readonly clock: Clock,
  ) {}

  async refresh(
    presented: PresentedRefresh | undefined,
    client: ClientContext,
    key?: RetryKey,
  ): Promise<IssuedTokens> {
    if (!presented) throw new AuthError('token_missing', 'no refresh token was presented');
    const opened = this.refreshTokens.inspect(presented.value);
    if (opened.kind === 'junk') throw this.refused('junk', client);
    await this.byAccessToken.refuseOther(opened.sessionId, presented.accessCookies, client);
    const asOfMs = this.clock.now();
    const issued = await this.issuedBefore(opened, asOfMs);
    const outcome = await this.rotation.rotate(opened, clientOf(client), {
      key,
      provedKey: client.provedKey,
    });
    switch (outcome.kind) {
      case 'rotated':
      case 'replayed':
        return this.answer(outcome, issued, asOfMs, client);
      case 'dead':
        throw this.refused('dead', client);
      case 'superseded':
      case 'mismatch':
        this.tellRefused(outcome, client);
        throw new AuthError('token_refused', `refresh token: ${outcome.kind}`, { cookies: 'keep' });
      case 'unproven':
        this.tellRefused(outcome, client);
        throw this.unproven(outcome, client);
      case 'reused':
        await this.announcer.announce(outcome);
        throw new AuthError('token_refused', 'refresh token: reused');
    }
  }

  /**
   * The refusal where the key was not proved. Nothing is ended: a thief without the key must not be able to sign its
   * owner out.
   */
  private unproven(
    { bound, sessionId, subject: userId, actor }: Extract<RefreshOutcome, { kind: 'unproven' }>,
    client: ClientContext,
  ): AuthError {
    if (bound === 'dbsc' || client.provedKey === undefined)
      return new AuthError(
        'device_required',
        `the session is bound (${bound}), and its key was not proved`,
      );
    this.events.publish({
      type: 'device.refused',
      userId,
      actorId: actor?.id,
      sessionId,
      ...clientOf(client),
    });
    return dpopRefusal('the session is bound to another key');
  }

  /** For a token of no live session. `junk`: Tokenward did not make it. `dead`: its session has ended. */
  private refused(reason: 'junk' | 'dead', { ip }: ClientContext): AuthError {
    this.events.publish({ type: 'refresh.refused', reason, ip });
    return new AuthError('token_refused', `refresh token: ${reason}`);
  }

  private tellRefused(
    { kind: reason, sessionId, subject: userId, actor }: Refused,
    { ip }: ClientContext,
  ): void {
    const by = actor && { actorId: actor.id };
    this.events.publish({ type: 'refresh.refused', reason, userId, ...by, sessionId, ip });
  }

  /**
   * The user directory, the claims hook and a remote signer are asked before the token is spent: a failure of theirs
   * must not make the next try look like reuse. Where the user changes meanwhile the token is refused, like every older
   * one.
   */
  private async issuedBefore(
    token: GenuineRefreshToken,
    asOfMs: number,
  ): Promise<IssuedAccessToken | undefined> {
    if (!this.access.asksHost()) return undefined;
    const state = await this.rotation.current(token);
    return state && this.access.token(state, asOfMs);
  }

  private async answer(
    outcome: Fresh,
    issued: IssuedAccessToken | undefined,
    asOfMs: number,
    client: ClientContext,
  ): Promise<IssuedTokens> {
    const { id: sessionId, subject: userId, actor } = outcome.session;
    const of = { userId, ...(actor && { actorId: actor.id }), sessionId };
    const access = issued ?? (await this.access.token(outcome, asOfMs));
    const grant = this.grants.grant(outcome.session, access, outcome.refreshToken);
    if (outcome.kind === 'rotated')
      this.events.publish({ type: 'refresh.rotated', ...of, ...clientOf(client) });
    else this.events.publish({ type: 'refresh.replayed', ...of, ip: client.ip });
    return grant;
  }
}
