import type { TokenDelivery } from '../../contract/index.js';
import type { UserAccount } from '../../storage/user-directory.port.js';

/**
 * The tokens of a login, refresh, password change or reauthentication. `transport` decides where
 * each of them is sent.
 */
export interface IssuedTokens {
  readonly userId: string;
  readonly sessionId: string;
  readonly transport: TokenDelivery;
  /** `browser_session`: the refresh cookie carries no Max-Age. */
  readonly persistence: 'persistent' | 'browser_session';
  /** `DPoP`: the access token only works with a proof of the client's key. */
  readonly tokenType: 'Bearer' | 'DPoP';
  readonly accessToken: string;
  readonly accessExpiresInSeconds: number;
  readonly refreshToken: string;
  readonly refreshMaxAgeSeconds: number;
  /** What the browser signs to bind the session to its key; undefined if it is not asked to. */
  readonly registrationChallenge?: string;
  /** Signed device id. A login makes one, a password change renews it. */
  readonly deviceToken?: string;
}

/** New tokens of a session. A bound session may get no refresh token: then its cookie stays unchanged. */
export type RenewedTokens = Omit<IssuedTokens, 'refreshToken'> &
  Partial<Pick<IssuedTokens, 'refreshToken'>>;

export interface LoginResult {
  readonly user: UserAccount;
  readonly grant: IssuedTokens;
}
