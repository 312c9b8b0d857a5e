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
  /** Lifetime of its access tokens; null: as the options say. */
  readonly accessTtlSeconds?: number | null;
  /** When the session ends at the latest. */
  readonly absoluteExpiresAt: Date;
  /** Those that are kept with the session. */
  readonly claims?: CustomClaims | null;
  /** What the session is bound to. */
  readonly bound?: Binding | null;
  /** The session ends by then unless its browser registers a key before; null: it needs none. */
  readonly registerBy?: Date | null;
  /** An instant read before the session's state was read; `iat` counts from it. */
  readonly asOfMs: number;
}

/** Puts an access and a refresh token together for the transport that the session remembers. */
@Injectable()
export class TokenGrants {
  constructor(
    private readonly issuer: AccessTokenIssuer,
    private readonly options: ResolvedAuthOptions,
  ) {}

  accessToken(request: AccessTokenRequest): Promise<IssuedAccessToken> {
    const { subject, sessionId, state, user, authTime, amr, transport, claims, bound, actor, asOfMs } =
      request;
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

  /** The session's own, and of a browser's bound session the bound one, whichever is less; null: that of the options. */
  private ttlSeconds({ bound, accessTtlSeconds = null }: AccessTokenRequest): number | null {
    if (bound?.kind !== 'dbsc') return accessTtlSeconds;
    return Math.min(accessTtlSeconds ?? Infinity, this.options.deviceBound.accessTtlSeconds);
  }

  /** Claims to be kept with a session. Throws `claim_refused`. */
  sessionClaims(given: unknown): CustomClaims {
    return this.issuer.sessionClaims(given);
  }

  /** Whether `accessToken` asks the host, and so may fail. Throws `unavailable` without a key to sign with. */
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

  /** Of a session whose requests have to prove its key. */
  private boundKey(bound: Binding | null | undefined): string | undefined {
    return bound?.kind === 'dpop' && this.options.dpop?.bind === 'request' ? bound.key : undefined;
  }

  grant(session: SessionState['session'], access: IssuedAccessToken, refreshToken: string): IssuedTokens {
    const sessionCookie = this.options.refreshToken.sessionCookieUnlessRemembered && !session.persistent;
    return {
      userId: session.subject,
      sessionId: session.id,
      transport: session.transport,
      persistence: sessionCookie ? 'browser_session' : 'persistent',
      tokenType: this.boundKey(session.bound) === undefined ? 'Bearer' : 'DPoP',
      accessToken: access.token,
      accessExpiresInSeconds: access.expiresInSeconds,
      refreshToken,
      // both by the database's clock, so that no clock of ours comes in
      refreshMaxAgeSeconds: Math.round(
        (session.idleExpiresAt.getTime() - session.lastUsedAt.getTime()) / 1000,
      ),
    };
  }
}

/** What the database is told of a client; longer user agents are cut. */
export function clientOf(client: ClientContext): ClientContext {
  return { ip: client.ip, userAgent: client.userAgent?.slice(0, 512) };
}

/** Who acts is out when the hour is over; undefined: when its lifetime is. */
function endsByMs({ registerBy, actor, absoluteExpiresAt }: AccessTokenRequest): number | undefined {
  if (registerBy) return registerBy.getTime();
  return actor ? absoluteExpiresAt.getTime() : undefined;
}
