import type { AccessTokenOptions, OriginOptions, RevocationOptions } from './auth-options.js';
import type { CookieOptions } from './cookie-options.js';
import type { DiscoveryOptions } from './discovery-options.js';
import type { TrustedIssuerOptions } from './issuer-options.js';
import type { RemoteJwksOptions } from './remote-jwks-options.js';
import type { TenantOptions } from './tenant-options.js';

/** Tokens that are bound to a key of the client (`cnf`, RFC 9449) are accepted only with a proof. */
export interface ResourceServerDpopOptions {
  /** The origin at which clients reach this service, `https://api.example.com`: what a proof's `htu` is compared with. Default: the `Host` of the request. */
  readonly origin?: string;
  /**
   * Where `redis` is not given: `refuse` answers 503, `nonce` asks for a nonce of this process in each proof. Default
   * `refuse`.
   */
  readonly withoutRedis?: 'refuse' | 'nonce';
}

/** A service that only verifies: no database, no signing key. */
export interface ResourceServerOptions {
  /** `iss`, as the issuer is configured. */
  readonly issuer: string;
  /** `aud`: one or several; a token is accepted when it holds one of them. */
  readonly audience: string | readonly string[];
  readonly jwks: RemoteJwksOptions;
  readonly accessToken?: Pick<
    AccessTokenOptions,
    'clockTolerance' | 'claimsSchema' | 'cacheSize' | 'encryption'
  >;
  /** The name and prefix of the access cookie, as the issuer has them. */
  readonly cookies?: CookieOptions;
  readonly origins?: OriginOptions;
  readonly revocation?: RevocationOptions;
  /** As the issuer has them. Default: one issuer for all. */
  readonly tenants?: TenantOptions;
  /** Other issuers, on routes that name them: `@TrustIssuers`. Default none. */
  readonly trustedIssuers?: readonly TrustedIssuerOptions[];
  /** The metadata of this service as a protected resource (RFC 9728). */
  readonly discovery?: Pick<DiscoveryOptions, 'resource'>;
  readonly dpop?: ResourceServerDpopOptions;
}
