/** Somebody who acts as another user. */
export interface Actor {
  /** User id. */
  readonly id: string;
}

/** Who makes a request, as the access token says it and nothing has revoked. Times are whole seconds since the epoch. */
export interface Principal {
  /** `api_key`: a machine that stands for its owner; it has no session and proved no credential. */
  readonly kind: 'user' | 'api_key';
  /** Of a token of `trustedIssuers` its `iss`; undefined for our own. An id means something only together with it. */
  readonly issuer?: string;
  /** Whose user it is, where `tenants` gives each an issuer of its own; undefined: of none. */
  readonly tenant?: string;
  /** `sub`; of another issuer's token what `principal` made of it. */
  readonly id: string;
  /** `sid`; of an API key its id. */
  readonly sessionId: string;
  /** `jti`; of an API key its id; of another issuer's token a name of ours, which `AuthService.revokeToken` takes. */
  readonly tokenId: string;
  /** The token's `kid`. */
  readonly keyId: string;
  readonly tokenVersion: number;
  readonly role?: string;
  readonly permissions: readonly string[];
  readonly authTime?: number;
  /** How, in the words of RFC 8176 (`pwd`); undefined when the token does not say. */
  readonly amr?: readonly string[];
  /** What the session is bound to: a browser's key (Device Bound Session Credentials) or a client's (DPoP); undefined: nothing. */
  readonly bound?: 'dbsc' | 'dpop';
  /** `act`: who really acts, when somebody acts as this user (RFC 8693, section 4.1). */
  readonly actor?: Actor;
  /** Which entry of `accessToken.legacy` the token was accepted by; undefined for Tokenward's own tokens. */
  readonly legacy?: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** What the host added: by its `claims` hook, and with the session. Of another issuer's token all its claims. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Who did what a caller asked for: the actor, where somebody acts as the user. */
export function doerOf({ id, actor }: Pick<Principal, 'id' | 'actor'>): string {
  return actor?.id ?? id;
}

/** What flows know of the client behind a call; plain data, so that HTTP and sockets share them. */
export interface ClientContext {
  readonly ip?: string;
  readonly userAgent?: string;
  /** Whose users it asks for, as `identifier.tenant` read it: a claim of the caller's. */
  readonly tenant?: string;
  /** Thumbprint (RFC 7638) of a key of which the client brought a good proof (RFC 9449). */
  readonly provedKey?: string;
}
