import type { AccessTokenOptions, OriginOptions, RevocationOptions } from './auth-options.js';
import type { CookieOptions } from './cookie-options.js';
import type { DiscoveryOptions } from './discovery-options.js';
import type { TrustedIssuerOptions } from './issuer-options.js';
import type { RemoteJwksOptions } from './remote-jwks-options.js';
import type { TenantOptions } from './tenant-options.js';

/** Tokens that are bound to a key of the client (`cnf`, RFC 9449) are accepted only with a proof. */
export interface ResourceServerDpopOptions {
  /**
   * The origin at which clients reach this service, such as `https://api.example.com`. The `htu` of a proof is
   * compared with it. Default: the `Host` of the request.
   */
  readonly origin?: string;
  /**
   * What happens without `redis`: `refuse` answers 503, `nonce` asks for a nonce of this process in each proof. Default
   * `refuse`.
   */
  readonly withoutRedis?: 'refuse' | 'nonce';
}

/** A service that only verifies: no database, no signing key. */
export interface ResourceServerOptions {
  /** `iss`: the value that the issuer is configured with. */
  readonly issuer: string;
  /** `aud`: one or several. A token is accepted if its `aud` holds one of them. */
  readonly audience: string | readonly string[];
  /** Where the issuer's public keys are, and how often they are fetched. */
  readonly jwks: RemoteJwksOptions;
  /** Clock tolerance, claims and encryption, as the issuer is configured; the size of the own cache. */
  readonly accessToken?: Pick<
    AccessTokenOptions,
    'clockTolerance' | 'claimsSchema' | 'cacheSize' | 'encryption'
  >;
  /** The name and prefix of the access cookie, as the issuer is configured. */
  readonly cookies?: CookieOptions;
  /** Which other origins may call with cookies, and whether a proxy's headers name the own origin. */
  readonly origins?: OriginOptions;
  /** How each request is checked for revocation, and what happens during an outage. */
  readonly revocation?: RevocationOptions;
  /** The tenants, as the issuer is configured. Default: one issuer for all. */
  readonly tenants?: TenantOptions;
  /** Other issuers, accepted on routes that name them: `@TrustIssuers`. Default none. */
  readonly trustedIssuers?: readonly TrustedIssuerOptions[];
  /** The metadata of this service as a protected resource (RFC 9728). */
  readonly discovery?: Pick<DiscoveryOptions, 'resource'>;
  /** Tokens that are bound to a key of the client (RFC 9449). */
  readonly dpop?: ResourceServerDpopOptions;
}
