/**
 * The claims of an access token (contract, section 1; RFC 9068, section 2.2). Times are whole seconds since the epoch.
 */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly aud: string | readonly string[];
  /** User id, never an email. */
  readonly sub: string;
  /** Session id, the refresh-token family. */
  readonly sid: string;
  /** UUID of this token. */
  readonly jti: string;
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  /** The user's version counter. When it is increased, every token with a lower version ends. */
  readonly tokenVersion: number;
  readonly role?: string;
  readonly permissions?: readonly string[];
  /** When the person last proved a credential. */
  readonly auth_time?: number;
  /** How the credential was proved (RFC 8176). Tokens of earlier releases do not contain it. */
  readonly amr?: readonly string[];
  /** The kind of key that the session is bound to (contract, section 10). */
  readonly bound?: 'dbsc' | 'dpop';
  /** The user who really acts, if somebody acts as this user (RFC 8693, section 4.1). */
  readonly act?: { readonly sub: string };
  /** Thumbprint of the key that each request must prove (RFC 9449, section 6.1). */
  readonly cnf?: { readonly jkt: string };
}

/** Claims that Tokenward writes itself; every other claim is the host's. */
export const OWN_CLAIMS: ReadonlySet<string> = new Set<keyof AccessTokenClaims>([
  'iss',
  'aud',
  'sub',
  'sid',
  'jti',
  'iat',
  'nbf',
  'exp',
  'tokenVersion',
  'role',
  'permissions',
  'auth_time',
  'amr',
  'bound',
  'act',
  'cnf',
]);

/**
 * `typ` of the token that a session has until its browser has registered a key. No verifier accepts
 * it as an access token.
 */
export const PENDING_TOKEN_TYPE = 'pending+jwt';
/** A longer lifetime (`exp - iat`) is refused at boot and at verification (contract, section 1). */
export const MAX_LIFETIME_SECONDS = 3600;
/** A longer access token is refused at issue and at verification (contract, section 1). */
export const MAX_TOKEN_BYTES = 8192;
