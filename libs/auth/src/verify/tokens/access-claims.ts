/** The claims of an access token (contract, section 1; RFC 9068, section 2.2). Times are whole seconds since the epoch. */
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
  /** The user's version counter; a bump ends every token that carries a lower one. */
  readonly tokenVersion: number;
  readonly role?: string;
  readonly permissions?: readonly string[];
  /** When the person last proved a credential. */
  readonly auth_time?: number;
  /** How (RFC 8176). Tokens of earlier releases do not say. */
  readonly amr?: readonly string[];
  /** What the session is bound to (contract, section 10). */
  readonly bound?: 'dbsc' | 'dpop';
  /** Who really acts, when somebody acts as this user (RFC 8693, section 4.1). */
  readonly act?: { readonly sub: string };
  /** Thumbprint of the key that each request has to prove (RFC 9449, section 6.1). */
  readonly cnf?: { readonly jkt: string };
}

/** Names that Tokenward writes itself; every other claim is the host's. */
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

/** `typ` of what a session has until its browser has registered a key: no access token, for any verifier. */
export const PENDING_TOKEN_TYPE = 'pending+jwt';
/** `exp - iat` above it is refused at boot and at verification (contract, section 1). */
export const MAX_LIFETIME_SECONDS = 3600;
/** A longer access token is refused at issue and at verification (contract, section 1). */
export const MAX_TOKEN_BYTES = 8192;
