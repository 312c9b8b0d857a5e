/** Somebody who acts as another user. */
export interface Actor {
  /** User id. */
  readonly id: string;
}

/**
 * The caller of a request, according to an access token that was not revoked. Times are whole seconds since the epoch.
 */
export interface Principal {
  /** `api_key`: a machine that acts for the owner of the key. It has no session and did not prove a credential. */
  readonly kind: 'user' | 'api_key';
  /** The `iss` of a token of `trustedIssuers`; undefined for our own tokens. An id is only unique together with it. */
  readonly issuer?: string;
  /** The tenant of the user, if `tenants` gives each tenant its own issuer; undefined: none. */
  readonly tenant?: string;
  /** `sub`; for another issuer's token, the id that `principal` returned. */
  readonly id: string;
  /** `sid`; for an API key, its id. */
  readonly sessionId: string;
  /**
   * `jti`; for an API key, its id; for another issuer's token, a name of ours that `AuthService.revokeToken` accepts.
   */
  readonly tokenId: string;
  /** The token's `kid`. */
  readonly keyId: string;
  readonly tokenVersion: number;
  readonly role?: string;
  readonly permissions: readonly string[];
  readonly authTime?: number;
  /** How the person signed in, with the values of RFC 8176 (`pwd`); undefined if the token has none. */
  readonly amr?: readonly string[];
  /**
   * The key that the session is bound to: a browser's (Device Bound Session Credentials) or a client's (DPoP);
   * undefined: none.
   */
  readonly bound?: 'dbsc' | 'dpop';
  /** `act`: the person who really acts, if somebody acts as this user (RFC 8693, section 4.1). */
  readonly actor?: Actor;
  /** The entry of `accessToken.legacy` that accepted the token; undefined for Tokenward's own tokens. */
  readonly legacy?: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /**
   * The claims that the host added, by its `claims` hook and with the session. For another issuer's token, all its
   * claims.
   */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The person who really made a request: the actor, if somebody acts as the user. */
export function doerOf({ id, actor }: Pick<Principal, 'id' | 'actor'>): string {
  return actor?.id ?? id;
}

/** What flows know about the client of a call. It is plain data, so that HTTP and sockets share the flows. */
export interface ClientContext {
  readonly ip?: string;
  readonly userAgent?: string;
  /** The tenant, as `identifier.tenant` read it. The caller controls it. */
  readonly tenant?: string;
  /** Thumbprint (RFC 7638) of a key that the client proved (RFC 9449). */
  readonly provedKey?: string;
}
