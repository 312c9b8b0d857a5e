import type { Duration } from '../common/duration.js';
import type { AccessTokenOptions, OriginOptions, RevocationOptions } from './auth-options.js';
import type { CookieOptions } from './cookie-options.js';
import type { SigningAlgorithm } from './key-options.js';

export interface RemoteJwksOptions {
  /** The issuer's JWKS, `https://auth.example.com/.well-known/jwks.json`. Nothing else is ever fetched; redirects are refused. */
  readonly url: string;
  /** What its keys may be for. HMAC is refused: whoever verifies with a shared secret can sign with it. Default `['RS256']`. */
  readonly algorithms?: readonly SigningAlgorithm[];
  /** How often it is fetched in the background. Default `5m`, from `1s` to `24h`; less than the issuer's lead time. */
  readonly refreshEvery?: Duration;
  /** Tokens with unknown `kid`s cause at most one fetch in it. Default `30s`, from `100ms` to `1h`. */
  readonly coolDown?: Duration;
  /** Deadline of one fetch. Default `2s`. */
  readonly deadline?: Duration;
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
}

/** After validation. */
export interface ResolvedRemoteJwks {
  readonly url: URL;
  readonly algorithms: ReadonlySet<SigningAlgorithm>;
  readonly refreshEveryMs: number;
  readonly coolDownMs: number;
  readonly deadlineMs: number;
}
