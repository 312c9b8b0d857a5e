import type { AccessTokenOptions, OriginOptions, RevocationOptions } from './auth-options.js';
import type { CookieOptions } from './cookie-options.js';
import type { DiscoveryOptions } from './discovery-options.js';
import type { TrustedIssuerOptions } from './issuer-options.js';
import type { RemoteJwksOptions } from './remote-jwks-options.js';

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
  /** Other issuers, on routes that name them: `@TrustIssuers`. Default none. */
  readonly trustedIssuers?: readonly TrustedIssuerOptions[];
  /** The metadata of this service as a protected resource (RFC 9728). */
  readonly discovery?: Pick<DiscoveryOptions, 'resource'>;
}
