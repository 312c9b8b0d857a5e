import type { TokenDelivery } from '../../contract/index.js';
import type { UserAccount } from '../../storage/user-directory.port.js';

/** What a login, refresh, password change or reauthentication hands out. Which of it goes where is decided by `transport`. */
export interface IssuedTokens {
  readonly userId: string;
  readonly sessionId: string;
  readonly transport: TokenDelivery;
  /** `browser_session`: the refresh cookie carries no Max-Age. */
  readonly persistence: 'persistent' | 'browser_session';
  /** `DPoP`: the access token works with a proof of the client's key alone. */
  readonly tokenType: 'Bearer' | 'DPoP';
  readonly accessToken: string;
  readonly accessExpiresInSeconds: number;
  readonly refreshToken: string;
  readonly refreshMaxAgeSeconds: number;
  /** What the browser is asked to sign to bind the session to its key; where it is not asked, undefined. */
  readonly registrationChallenge?: string;
  /** Signed device id; logins mint one, a password change renews it. */
  readonly deviceToken?: string;
}

/** Of a bound session; without a refresh token its cookie stays as it is. */
export type BoundTokens = Omit<IssuedTokens, 'refreshToken'> & Partial<Pick<IssuedTokens, 'refreshToken'>>;

export interface LoginResult {
  readonly user: UserAccount;
  readonly grant: IssuedTokens;
}
