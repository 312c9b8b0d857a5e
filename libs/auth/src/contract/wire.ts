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
  /** `DPoP`: the access token works only with a proof of the client's key (RFC 9449). */
  readonly tokenType: 'Bearer' | 'DPoP';
  readonly expiresIn: number;
  readonly accessToken?: string;
  readonly refreshToken?: string;
  /** Only with the transport `bearer`: the signed device id, to be sent with the next login. */
  readonly device?: string;
}

export interface LoginAnswer extends TokenBody {
  readonly user: UserBody;
}

export type SecondFactorMethod = 'totp' | 'recovery_code' | 'passkey';

/**
 * The first step was right, but the user has a second factor, so there is no session yet. The ticket is valid for 5
 * minutes and 5 tries; `expiresIn` is seconds.
 */
export interface SecondFactorDue {
  readonly next: 'second_factor';
  readonly ticket: string;
  readonly methods: readonly SecondFactorMethod[];
  readonly expiresIn: number;
}

/** An identity of the user at a provider. Times are ISO 8601 in UTC. */
export interface IdentityBody {
  /** The name of the provider in the routes. Missing if it is no longer configured. */
  readonly provider?: string;
  readonly issuer: string;
  /** The email that the provider reported when the identity was linked. */
  readonly email?: string;
  readonly linkedAt: string;
}

export interface FactorBody {
  readonly id: string;
  readonly kind: 'totp' | 'passkey';
  readonly name?: string;
  readonly createdAt: string;
  readonly lastUsedAt?: string;
  /** Passkeys only: whether the passkey is backed up, for example synced to other devices. */
  readonly backedUp?: boolean;
}

export interface MeBody {
  readonly id: string;
  readonly email: string;
  readonly name?: string;
  readonly role?: string;
  readonly permissions: readonly string[];
  readonly sessionId: string;
  /** ISO 8601, UTC; absent if the token has none. */
  readonly authTime?: string;
  /** How the person signed in (RFC 8176); empty if the token has none. */
  readonly amr: readonly string[];
  /** How the session is bound to a key; absent: it is not bound. */
  readonly bound?: 'dbsc' | 'dpop';
  /** When the access token expires: ISO 8601, UTC. `@tokenward/client` uses it to refresh in time. */
  readonly expiresAt: string;
  /** The person who really makes the request, if somebody acts as the user. */
  readonly actor?: ActorBody;
}

/** Somebody who acts as another user. */
export interface ActorBody {
  readonly id: string;
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
  /** How the session is bound to a key; absent: it is not bound. */
  readonly bound?: 'dbsc' | 'dpop';
  /** Who acts as the user in it; undefined: the user. */
  readonly actor?: ActorBody;
}

/** An entry of `GET /auth/api-keys`. */
export interface ApiKeyBody {
  readonly id: string;
  readonly name: string;
  /** Undefined: all permissions of the owner. */
  readonly permissions?: readonly string[];
  readonly createdAt: string;
  readonly expiresAt?: string;
  /** Accurate to the hour. */
  readonly lastUsedAt?: string;
}

export interface CreatedApiKeyBody {
  readonly id: string;
  /** Shown once. */
  readonly key: string;
}
