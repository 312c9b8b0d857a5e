import type { StandardSchemaV1 } from '../common/standard-schema.js';
import type { Duration } from '../common/duration.js';
import type { TokenDelivery } from '../contract/index.js';
import type { AccountOptions } from './account-options.js';
import type { ApiKeyOptions } from './api-key-options.js';
import type { CookieOptions } from './cookie-options.js';
import type { DpopOptions } from './dpop-options.js';
import type { DiscoveryOptions } from './discovery-options.js';
import type { TrustedIssuerOptions } from './issuer-options.js';
import type { EncryptionOptions } from './encryption-options.js';
import type { IdentifierOptions, RegistrationOptions } from './identifier-options.js';
import type { KeyRotationOptions, StaticKeysOptions } from './key-options.js';
import type { LegacyIssuerOptions } from './legacy-options.js';
import type { ActingRoles } from './acting-options.js';
import type { PasswordOptions } from './password-options.js';
import type { SessionClaimsHook, SessionLimitsHook } from './session-hooks.js';
import type { TenantOptions } from './tenant-options.js';

/** The input of the `claims` hook. The hook is called for every access token, so it should be quick. */
export interface ClaimsHookInput {
  readonly userId: string;
  readonly sessionId: string;
  readonly role?: string;
  readonly permissions: readonly string[];
  /** The tenant of the user, where the directory keeps tenants. */
  readonly tenant?: string;
}
export type ClaimsHook = (
  input: ClaimsHookInput,
) => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>;

export interface AccessTokenOptions {
  /** `exp - iat`. Default `15m`; above `1h` refused at boot. */
  readonly ttl?: Duration;
  /** How far the clocks of issuer and verifier may be apart. Default `30s`, at most `300s`. */
  readonly clockTolerance?: Duration;
  /** Adds claims at issue. Names that carry secrets or personal data are refused unless `allowedClaims` holds them. */
  readonly claims?: ClaimsHook;
  /** Names that the host allows although they are on the deny-list; case does not matter. Default none. */
  readonly allowedClaims?: readonly string[];
  /**
   * A Standard Schema (zod, valibot, arktype …) for the added claims, those of the session included. It is applied at
   * issue and at verification, and must be synchronous.
   */
  readonly claimsSchema?: StandardSchemaV1;
  /** How many verified tokens are remembered, so that a signature is checked once. Default 10,000; 0 turns it off. */
  readonly cacheSize?: number;
  /**
   * Encrypts access tokens (nested JWE), for claims that clients must not read. Default: signed tokens that everybody
   * can read.
   */
  readonly encryption?: EncryptionOptions;
  /** Old tokens of a former set-up, accepted until a date. Default none. */
  readonly legacy?: readonly LegacyIssuerOptions[];
}

/** What a reused refresh token ends: every session of the user, or only its own (its family). */
export type ReuseScope = 'user' | 'family';

export interface RefreshTokenOptions {
  /** Idle lifetime. Default `30d`. */
  readonly ttl?: Duration;
  /** Idle lifetime with "remember me". Default `90d`. */
  readonly rememberMeTtl?: Duration;
  /** The longest life of a session, however often it is used. Default `180d`. */
  readonly absoluteTtl?: Duration;
  /**
   * For how long after a rotation the spent token gets the same successor again. Default `0`, at most `60s`; `10s` is
   * advised for clients other than `@tokenward/client`, and where a page server or two origins share the refresh cookie.
   */
  readonly reuseLeeway?: Duration;
  /**
   * For how long a refresh, password change or reauthentication may be repeated with the `Idempotency-Key` of the first
   * try (contract, section 5). Default `15m`, at most `24h`; `0` turns it off.
   */
  readonly retryWindow?: Duration;
  /**
   * What a reused refresh token ends. `user`: every session of the user. `family`: only its own session. Default
   * `user`.
   */
  readonly onReuse?: ReuseScope;
  /**
   * The secrets behind refresh tokens, `id:base64url` of at least 32 bytes each: new tokens use the first, all are
   * accepted. Default: one is made once and kept in the database, shared by all processes.
   */
  readonly secrets?: readonly string[];
  /** Without "remember me" the refresh cookie is a session cookie (no Max-Age). Default false. */
  readonly sessionCookieUnlessRemembered?: boolean;
}

export interface SessionOptions {
  /** Sessions a user may have; the oldest ends. Default 100. */
  readonly maxPerUser?: number;
  /** How often expired rows are removed in the background. Default `10m`; `0` leaves it to `AuthService.cleanUp()`. */
  readonly cleanUpEvery?: Duration;
  /**
   * How long after its end the row of a session is deleted, with its IP address, user agent and claims. Default `30d`.
   */
  readonly keepEndedFor?: Duration;
  /**
   * Called once, when a session opens: claims that are kept with the session and are in each of its tokens.
   * `openSession(…, { claims })` overrides it, and both override `accessToken.claims`. Default none.
   */
  readonly claims?: SessionClaimsHook;
  /**
   * Called once, when a session opens: how many sessions the user may have, and how long this one and its access
   * tokens live. If it fails, or does not answer within `storeDeadline`, the answer is 503 and no session opens.
   * Default: the options, for everybody.
   */
  readonly limits?: SessionLimitsHook;
  /**
   * Who may act as whom (`openSession` with `actor`): the role of the actor → the roles of the users, each lower than
   * the actor's own. Every role that is named as an actor may also act as users without a role. Default `{ admin:
   * ['user'] }`; with `{}` nobody may act.
   */
  readonly mayActAs?: ActingRoles;
}

export interface TokenDeliveryOptions {
  /** What a login may ask for: `cookie`, `hybrid` or `bearer` (contract, section 2). Default: all three. */
  readonly allowed?: readonly TokenDelivery[];
  /** The transport of a login that does not name one. Default `cookie`, else the first allowed. */
  readonly default?: TokenDelivery;
}

export interface OriginOptions {
  /**
   * Exact origins (`https://app.example.com`) that may send unsafe requests with cookies, besides the host's own.
   * Default none. `*` is refused.
   */
  readonly trustedOrigins?: readonly string[];
  /**
   * Whether `X-Forwarded-Proto` and `X-Forwarded-Host` define the host's own origin. Set the adapter's `trust proxy` to
   * match. Default false.
   */
  readonly trustProxy?: boolean;
}

/** How many failures are allowed within `window` (contract, section 4). */
export interface ThrottleLimits {
  /**
   * For an account from one address (IPv6 by /64). Default 10. A known device has its own counter with the same limit.
   */
  readonly accountAndAddress?: number;
  /** For an account, from all addresses together. Default 100. */
  readonly account?: number;
  /** From an address, for all accounts together. Default 100. */
  readonly address?: number;
  /** The time within which failures are counted. Default `15m`. */
  readonly window?: Duration;
}

export interface RevocationOptions {
  /**
   * `mirror`: each request is checked against the local view, without I/O. `strict`: each request asks the stores.
   * Default `mirror`.
   */
  readonly mode?: 'mirror' | 'strict';
  /**
   * How old the local view may be to accept a token without asking a store. Default `1s`, between `200ms` and `10s`.
   */
  readonly maxStaleness?: Duration;
  /**
   * What happens while neither store can prove that a token was not revoked: `redis` accepts a token that an
   * uninterrupted Redis does not refuse, `refuse` answers 503. Default `redis`.
   */
  readonly unproven?: 'redis' | 'refuse';
  /** Deadline of one query to a store. Default `250ms`. */
  readonly deadline?: Duration;
  /** The most entries that the local view holds; beyond it each request asks a store. Default 2,000,000. */
  readonly maxEntries?: number;
}

/** The options that are data. Handles (database, Redis, users) are in `AuthModuleOptions`. */
export interface AuthOptions {
  /** `iss`. An https URL by convention (RFC 9068, section 2.2). */
  readonly issuer: string;
  /** `aud`: one or several. A token is accepted if its `aud` holds one of them. */
  readonly audience: string | readonly string[];
  /** With a `keySource`, only `algorithm` and `verificationKeys` may be given (`{}` is enough). */
  readonly keys: StaticKeysOptions;
  /** When a new key signs, and when it is replaced. */
  readonly keyRotation?: KeyRotationOptions;
  /** Lifetime, claims and encryption of access tokens. */
  readonly accessToken?: AccessTokenOptions;
  /** How long sessions live, and what a reused refresh token ends. */
  readonly refreshToken?: RefreshTokenOptions;
  /** How many sessions a user has, their claims, and who may act as whom. */
  readonly sessions?: SessionOptions;
  /** Names, paths and attributes of the cookies. */
  readonly cookies?: CookieOptions;
  /** Whether tokens travel in cookies or in bodies. */
  readonly transports?: TokenDeliveryOptions;
  /** Which other origins may call with cookies, and whether a proxy's headers name the own origin. */
  readonly origins?: OriginOptions;
  /** The limits of refused logins. `false` turns them off (load tests). */
  readonly throttle?: ThrottleLimits | false;
  /** Rules for new passwords, and the cost of hashing them. */
  readonly passwords?: PasswordOptions;
  /** What people sign in with, and the tenant they belong to. Default: the email, without tenants. */
  readonly identifier?: IdentifierOptions;
  /** Further fields of a registration. `routes.register` opens the route. */
  readonly registration?: RegistrationOptions;
  /**
   * Password reset, email verification, change of email and magic link. All are off without this option. Needs
   * `users.emailVerified`.
   */
  readonly accounts?: AccountOptions;
  /** How each request is checked for revocation, and what happens during an outage. */
  readonly revocation?: RevocationOptions;
  readonly jwks?: {
    /** `max-age` of the JWKS answer; a key is published at least that long before it signs. Default `1h`. */
    readonly cacheFor?: Duration;
  };
  /** API keys of users. Default: off, and their routes answer 404; `{}` turns them on. */
  readonly apiKeys?: ApiKeyOptions;
  /** An issuer for each tenant (docs/tenants.md). Default: one for all. */
  readonly tenants?: TenantOptions;
  /** Other issuers, accepted on routes that name them: `@TrustIssuers` of `@tokenward/nestjs/issuers`. Default none. */
  readonly trustedIssuers?: readonly TrustedIssuerOptions[];
  /**
   * Experimental (docs/bound-sessions.md): binds cookie sessions to a key that does not leave the browser's device
   * (Device Bound Session Credentials, W3C draft). `offer`: if the browser supports it. `require`: a session without
   * a key opens no other route and ends after 60 s; the other transports then need `dpop`. Needs HTTPS. Default
   * `off`: no answer has an additional header.
   */
  readonly deviceBound?: 'off' | 'offer' | 'require';
  /**
   * `exp - iat` of a bound session's access tokens, and so the time for which a copied cookie works. Default `5m`, at
   * most `accessToken.ttl`.
   */
  readonly boundAccessTtl?: Duration;
  /** Sessions that are bound to a key of the client (RFC 9449); see docs/dpop.md. Default `off`. */
  readonly dpop?: 'off' | 'offer' | 'require' | DpopOptions;
  /**
   * What this server publishes about itself: discovery (RFC 8414), and the metadata of a protected resource (RFC 9728).
   */
  readonly discovery?: DiscoveryOptions;
  /** Whether weak but allowed choices stop the boot. Otherwise the log names them. Default false. */
  readonly strictConfig?: boolean;
  /** Deadline of a database statement on the request path. Default `2s`. */
  readonly storeDeadline?: Duration;
}

/** The synchronous part: what changes the module's shape (routes, scope). */
export interface AuthModuleExtras {
  /**
   * Lower-case letters, digits and hyphens, such as `staff`. With several instances in one application, all but one
   * must have a name. The name is put before routes, cookie names and the JWKS path unless those are set. Default:
   * the instance without a name.
   */
  readonly name?: string;
  /** Makes the exported providers visible everywhere. Default false. */
  readonly isGlobal?: boolean;
  /** Which routes there are, and where. `false`: none. */
  readonly routes?: RouteOptions | false;
}

/**
 * Each route of contract, section 3, can be switched off; `false` for all of them leaves the module without
 * controllers.
 */
export interface RouteOptions {
  /** The path of the routes, and of the refresh cookie. Default `auth`. */
  readonly prefix?: string;
  /** Default false, because open registration is the host's decision. */
  readonly register?: boolean;
  readonly login?: boolean;
  readonly refresh?: boolean;
  readonly logout?: boolean;
  readonly logoutAll?: boolean;
  readonly me?: boolean;
  readonly sessions?: boolean;
  readonly password?: boolean;
  readonly reauthenticate?: boolean;
  readonly revokeUser?: boolean;
  /** The routes of `accounts`; without that option they answer 404. */
  readonly accounts?: boolean;
  /** The routes of `factors`; without that option they answer 404. */
  readonly factors?: boolean;
  /** The routes of `apiKeys`; without that option they answer 404. */
  readonly apiKeys?: boolean;
  /** The routes of `deviceBound`; without that option they answer 404. */
  readonly device?: boolean;
  readonly jwks?: boolean;
  /** `/.well-known/openid-configuration`, `oauth-authorization-server` and `oauth-protected-resource`. */
  readonly discovery?: boolean;
}
