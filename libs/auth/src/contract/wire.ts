/** How a login wants its tokens back: both in cookies, refresh token in a cookie only, or both in the body. */
export type TokenDelivery = 'cookie' | 'hybrid' | 'bearer';
export const TOKEN_DELIVERIES: readonly TokenDelivery[] = ['cookie', 'hybrid', 'bearer'];

export interface UserBody {
  readonly id: string;
  readonly email: string;
  readonly role?: string;
  readonly name?: string;
}

export interface LoginBody {
  readonly email: string;
  readonly password: string;
  readonly rememberMe?: boolean;
  readonly transport?: TokenDelivery;
  /** The signed device id of an earlier login, for clients without cookies. */
  readonly device?: string;
}

/** Answer of refresh, password change and reauthentication; `expiresIn` is seconds. */
export interface TokenBody {
  readonly tokenType: 'Bearer';
  readonly expiresIn: number;
  readonly accessToken?: string;
  readonly refreshToken?: string;
  /** Only where the transport is `bearer`: the signed device id, to be sent with the next login. */
  readonly device?: string;
}

export interface LoginAnswer extends TokenBody {
  readonly user: UserBody;
}

export interface MeBody {
  readonly id: string;
  readonly email: string;
  readonly name?: string;
  readonly role?: string;
  readonly permissions: readonly string[];
  readonly sessionId: string;
  /** ISO 8601, UTC; absent when the token does not say. */
  readonly authTime?: string;
  /** How the person signed in (RFC 8176); empty when the token does not say. */
  readonly amr: readonly string[];
  /** When the access token ends: ISO 8601, UTC. `@tokenward/client` renews by it. */
  readonly expiresAt: string;
}

/** Times are ISO 8601 in UTC. */
export interface SessionBody {
  readonly id: string;
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly persistent: boolean;
  readonly current: boolean;
}
