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
  /** `DPoP`: the access token works with a proof of the client's key alone (RFC 9449). */
  readonly tokenType: 'Bearer' | 'DPoP';
  readonly expiresIn: number;
  readonly accessToken?: string;
  readonly refreshToken?: string;
  /** Only where the transport is `bearer`: the signed device id, to be sent with the next login. */
  readonly device?: string;
}

export interface LoginAnswer extends TokenBody {
  readonly user: UserBody;
}

export type SecondFactorMethod = 'totp' | 'recovery_code' | 'passkey';

/** A right first step of a user who has a second factor: no session yet. The ticket lives 5 minutes and 5 tries; `expiresIn` is seconds. */
export interface SecondFactorDue {
  readonly next: 'second_factor';
  readonly ticket: string;
  readonly methods: readonly SecondFactorMethod[];
  readonly expiresIn: number;
}

/** Times are ISO 8601 in UTC. */
/** What the user signs in with elsewhere. */
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
  /** ISO 8601, UTC; absent when the token does not say. */
  readonly authTime?: string;
  /** How the person signed in (RFC 8176); empty when the token does not say. */
  readonly amr: readonly string[];
  /** What the session is bound to; absent: nothing. */
  readonly bound?: 'dbsc' | 'dpop';
  /** When the access token ends: ISO 8601, UTC. `@tokenward/client` renews by it. */
  readonly expiresAt: string;
  /** Who really asks, where somebody acts as the user. */
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
  /** What the session is bound to; absent: nothing. */
  readonly bound?: 'dbsc' | 'dpop';
  /** Who acts as the user in it; undefined: the user. */
  readonly actor?: ActorBody;
}

/** Of `GET /auth/api-keys`. */
export interface ApiKeyBody {
  readonly id: string;
  readonly name: string;
  /** Undefined: all that the owner has. */
  readonly permissions?: readonly string[];
  readonly createdAt: string;
  readonly expiresAt?: string;
  /** To the hour. */
  readonly lastUsedAt?: string;
}

export interface CreatedApiKeyBody {
  readonly id: string;
  /** Shown once. */
  readonly key: string;
}
