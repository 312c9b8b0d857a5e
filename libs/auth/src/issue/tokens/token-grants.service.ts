import { Injectable } from '@nestjs/common';
import type { Actor, ClientContext } from '../../common/principal.js';
import type { SubjectState, UserFacts } from '../../storage/subject.js';
import type { TokenDelivery } from '../../contract/index.js';
import { maxAccessTokenBytes } from '../../options/cookie-budget.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { SessionBinding, SessionState } from '../../storage/session.js';
import type { CustomClaims } from '../../verify/tokens/custom-claims.js';
import { AccessTokenIssuer, type IssuedAccessToken } from './access-token-issuer.service.js';
import type { IssuedTokens } from './issued-tokens.js';

type Binding = Omit<SessionBinding, 'at'>;

export interface AccessTokenRequest {
  readonly subject: string;
  readonly sessionId: string;
  readonly state: SubjectState;
  readonly user: UserFacts;
  readonly authTime: Date;
  readonly amr: readonly string[];
  readonly transport: TokenDelivery;
  /** Who acts as the user. */
  readonly actor?: Actor | null;
  /** Lifetime of the session's access tokens; null: as in the options. */
  readonly accessTtlSeconds?: number | null;
  /** The latest time at which the session ends. */
  readonly absoluteExpiresAt: Date;
  /** The claims that are kept with the session. */
  readonly claims?: CustomClaims | null;
  /** The key that the session is bound to. */
  readonly bound?: Binding | null;
  /**
   * The session ends at this time unless its browser registers a key before. Null: it needs none.
   */
  readonly registerBy?: Date | null;
  /** A time read before the session's state was read. `iat` counts from it. */
  readonly asOfMs: number;
}

/** Combines an access and a refresh token for the transport that the session was opened with. */
@Injectable()
export class TokenGrants {
  constructor(
    private readonly issuer: AccessTokenIssuer,
    private readonly options: ResolvedAuthOptions,
  ) {}

  accessToken(request: AccessTokenRequest): Promise<IssuedAccessToken> {
    const {
      subject,
      sessionId,
      state,
      user,
      authTime,
      amr,
      transport,
      claims,
      bound,
      actor,
      asOfMs,
    } = request;
    return this.issuer.issue({
      subject,
      sessionId,
      tokenVersion: state.tokenVersion,
      role: user.role,
      permissions: user.permissions,
      tenant: user.tenant,
      authTime: Math.floor(authTime.getTime() / 1000),
      amr,
      claims,
      bound: bound?.kind,
      pending: request.registerBy != null,
      actor,
      ttlSeconds: this.ttlSeconds(request),
      endsByMs: endsByMs(request),
      boundKey: this.boundKey(bound),
      asOfMs,
      maxBytes: transport === 'cookie' ? maxAccessTokenBytes(this.options) : undefined,
    });
  }

  /**
   * The session's own lifetime, or for a session bound to a browser the bound one, whichever is
   * shorter. Null: as in the options.
   */
  private ttlSeconds({ bound, accessTtlSeconds = null }: AccessTokenRequest): number | null {
    if (bound?.kind !== 'dbsc') return accessTtlSeconds;
    return Math.min(accessTtlSeconds ?? Infinity, this.options.deviceBound.accessTtlSeconds);
  }

  /** Claims to be kept with a session. Throws `claim_refused`. */
  sessionClaims(given: unknown): CustomClaims {
    return this.issuer.sessionClaims(given);
  }

  /**
   * Whether `accessToken` involves the host, and so may fail. Throws `unavailable` if there is no
   * key to sign with.
   */
  needs(): 'nobody' | 'host' {
    return this.issuer.needs();
  }

  accessTokenFor(
    { session, subject: state }: SessionState,
    user: UserFacts,
    asOfMs: number,
  ): Promise<IssuedAccessToken> {
    return this.accessToken({ ...session, sessionId: session.id, state, user, asOfMs });
  }

  /** The key that requests must prove, for a session that is bound to one. */
  private boundKey(bound: Binding | null | undefined): string | undefined {
    return bound?.kind === 'dpop' && this.options.dpop?.bind === 'request' ? bound.key : undefined;
  }

  grant(
    session: SessionState['session'],
    access: IssuedAccessToken,
    refreshToken: string,
  ): IssuedTokens {
    const sessionCookie =
      this.options.refreshToken.sessionCookieUnlessRemembered && !session.persistent;
    return {
      userId: session.subject,
      sessionId: session.id,
      transport: session.transport,
      persistence: sessionCookie ? 'browser_session' : 'persistent',
      tokenType: this.boundKey(session.bound) === undefined ? 'Bearer' : 'DPoP',
      accessToken: access.token,
      accessExpiresInSeconds: access.expiresInSeconds,
      refreshToken,
      // both times are by the database's clock, so that this process's clock does not matter
      refreshMaxAgeSeconds: Math.round(
        (session.idleExpiresAt.getTime() - session.lastUsedAt.getTime()) / 1000,
      ),
    };
  }
}

/** What the database stores of a client; long user agents are truncated. */
export function clientOf(client: ClientContext): ClientContext {
  return { ip: client.ip, userAgent: client.userAgent?.slice(0, 512) };
}

/**
 * When the token must end: with the session if somebody acts as the user, or when the time for
 * registering a key is over. Undefined: only its lifetime counts.
 */
function endsByMs({
  registerBy,
  actor,
  absoluteExpiresAt,
}: AccessTokenRequest): number | undefined {
  if (registerBy) return registerBy.getTime();
  return actor ? absoluteExpiresAt.getTime() : undefined;
}
