import type { Duration } from '../common/duration.js';
import type { AccessTokenOptions, OriginOptions, RevocationOptions } from './auth-options.js';
import type { CookieOptions } from './cookie-options.js';
import type { SigningAlgorithm } from './key-options.js';

export interface RemoteJwksOptions {
  /** The issuer's JWKS, `https://auth.example.com/.well-known/jwks.json`. Nothing else is ever fetched; redirects are refused. */
  readonly url: string;
  /** What its keys may be for, each key by its own `alg`. HMAC is refused: whoever verifies with a shared secret can sign with it. Default: every RS, PS and ES algorithm. */
  readonly algorithms?: readonly SigningAlgorithm[];
  /** How often it is fetched in the background, and so how soon a key that left it is refused. Default `5m`, from `1s` to `24h`; less than the issuer's lead time. A shorter `max-age` of the answer counts instead. */
  readonly refreshEvery?: Duration;
  /** Tokens with unknown `kid`s cause at most one fetch in it. Default `30s`, from `100ms` to `1h`. */
  readonly coolDown?: Duration;
  /** Deadline of one fetch. Default `2s`. */
  readonly deadline?: Duration;
  /** How long the known keys stay in force while no key set comes (an outage, an error page); from then on tokens are answered 503. Default `24h`, from `1m` to `7d`. */
  readonly keepFor?: Duration;
  /** Fetches it instead of node's own `fetch`: for a proxy, a CA, a client certificate. It must follow no redirect and heed `signal`. */
  readonly fetch?: JwksFetch;
}

/** As `globalThis.fetch`; called with `redirect: 'manual'`, `signal` and `accept`. */
export type JwksFetch = (url: URL, init: RequestInit) => Promise<Response>;

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
  readonly keepForMs: number;
  readonly fetch: JwksFetch;
}
