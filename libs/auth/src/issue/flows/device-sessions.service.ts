import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext } from '../../common/principal.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { SessionSnapshot, SessionState } from '../../storage/session.js';
import { SessionStore } from '../../storage/session-store.port.js';
import type { PresentedRefresh } from '../../verify/presented-token.js';
import { type GenuineRefreshToken, isCurrent } from '../sessions/refresh-token.js';
import { SessionAccess } from '../sessions/session-access.service.js';
import { SessionService } from '../sessions/session.service.js';
import type { RenewedTokens } from '../tokens/issued-tokens.js';
import { TokenGrants } from '../tokens/token-grants.service.js';
import { NamedSessions } from './named-sessions.service.js';

/** What a browser presents: its cookies, the proof, and the id of the session that it means. */
export interface PresentedDevice {
  readonly refresh: PresentedRefresh | undefined;
  /** `Secure-Session-Response`; undefined where there are several. */
  readonly proof: string | undefined;
  /** `Sec-Secure-Session-Id`. */
  readonly sessionId: string | undefined;
}

interface Found {
  readonly presented: GenuineRefreshToken;
  readonly snapshot: SessionSnapshot;
  readonly isCurrent: boolean;
}

/** The session of a refresh cookie, for a browser that binds it to a key or proves the key. */
@Injectable()
export class DeviceSessions {
  constructor(
    private readonly store: SessionStore,
    private readonly sessions: SessionService,
    private readonly byAccessToken: NamedSessions,
    private readonly grants: TokenGrants,
    private readonly access: SessionAccess,
    private readonly options: ResolvedAuthOptions,
  ) {}

  get lifetimes(): { readonly ttlMs: number; readonly rememberMeTtlMs: number } {
    const { ttlMs, rememberMeTtlMs } = this.options.refreshToken;
    return { ttlMs, rememberMeTtlMs };
  }

  /**
   * Finds the live session of the refresh cookie. Any generation is accepted, since a bound session does not rotate.
   */
  async find({ refresh, sessionId }: PresentedDevice, client: ClientContext): Promise<Found> {
    if (!refresh) throw new AuthError('token_missing', 'no refresh cookie was presented');
    const presented = this.sessions.inspect(refresh.value);
    if (presented.kind === 'junk') throw new AuthError('token_refused', 'refresh token: junk');
    await this.byAccessToken.refuseOther(presented.sessionId, refresh.accessCookies, client);
    // after a new sign-in the browser still refreshes its former session; the 401 ends only the former one
    if (sessionId !== undefined && sessionId !== presented.sessionId)
      throw new AuthError('token_refused', 'the browser names another session', KEEP_COOKIES);
    const snapshot = await this.store.read(presented.sessionId);
    if (!snapshot?.live) throw new AuthError('token_refused', 'refresh token: dead');
    return { presented, snapshot, isCurrent: isCurrent(snapshot, presented) };
  }

  /**
   * To be called before a change that cannot be repeated: where the host takes part in a token, its failure comes
   * first.
   */
  async rehearse(state: SessionState, asOfMs: number): Promise<void> {
    if (this.access.asksHost()) await this.access.token(state, asOfMs);
  }

  async grant(state: SessionState, asOfMs: number, refreshToken?: string): Promise<RenewedTokens> {
    const access = await this.access.token(state, asOfMs);
    return { ...this.grants.grant(state.session, access, refreshToken ?? ''), refreshToken };
  }
}

/** A refusal that ends no session of the browser. */
export const KEEP_COOKIES = { cookies: 'keep' } as const;
