/** The values that bind the answer of a provider to its request. */
export interface OidcRequest {
  /** Where the provider sends the browser back. */
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  /** PKCE (RFC 7636, section 4.1). */
  readonly verifier: string;
  /**
   * `max_age`, in seconds. The provider asks for a credential again if its own session is older, and the answer must
   * prove that it did.
   */
  readonly maxAgeSeconds?: number;
}

/** The person whom a provider has signed in. */
export interface OidcPerson {
  readonly issuer: string;
  /** `sub`: the id of the person at the provider. */
  readonly issuerSubject: string;
  readonly email?: string;
  /** Whether the provider says that the email is verified, or the host trusts all emails of the provider. */
  readonly emailVerified: boolean;
  readonly name?: string;
  /**
   * `auth_time`, seconds since the epoch: when the person last proved a credential there. Undefined: the provider does
   * not say.
   */
  readonly authTimeSeconds?: number;
  /** `sid`: the session at the provider. */
  readonly sid?: string;
  /** `iat` of the id_token, seconds since the epoch; undefined where there is none. */
  readonly issuedAtSeconds?: number;
}

export type OidcAnswer =
  | { readonly kind: 'person'; readonly person: OidcPerson }
  /** `detail` holds no code, token or secret. */
  | { readonly kind: 'refused'; readonly detail: string };

/** A session that is over at the provider. At least one of `issuerSubject` and `sid` is there. */
export interface OidcLogout {
  readonly issuer: string;
  readonly issuerSubject?: string;
  readonly sid?: string;
  /** `jti`. */
  readonly id: string;
  /** `iat`, seconds since the epoch. */
  readonly issuedAtSeconds: number;
}

export type OidcLogoutAnswer =
  | { readonly kind: 'logout'; readonly logout: OidcLogout }
  /** `detail` holds no part of the token. */
  | { readonly kind: 'refused'; readonly detail: string };

/** `oidc(…)` of `@tokenward/nestjs/oidc`. */
export interface OidcMethod {
  readonly kind: 'oidc';
  /**
   * The URL of the auth routes as browsers see it, without a slash at the end. Undefined: the URL of the request is
   * used, on loopback only.
   */
  readonly publicUrl?: string;
  readonly createAccounts: boolean;
  readonly linkByVerifiedEmail: boolean;
  /** The issuers by the name of the provider in the routes. */
  readonly issuers: ReadonlyMap<string, string>;
  /** The URL to send the browser to. Throws `AuthError('unavailable')` if the provider does not answer. */
  authorizationUrl(provider: string, request: OidcRequest): Promise<string>;
  /** Checks the parameters with which the browser came back to `redirectUri`. Throws as above. */
  person(provider: string, parameters: URLSearchParams, request: OidcRequest): Promise<OidcAnswer>;
  /**
   * Checks a logout token (OpenID Connect Back-Channel Logout 1.0), but not whether it was used before. Throws as
   * above.
   */
  logout(provider: string, logoutToken: string): Promise<OidcLogoutAnswer>;
}
