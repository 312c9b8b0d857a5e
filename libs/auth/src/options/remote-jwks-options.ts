import type { z } from 'zod';
import type { Duration } from '../common/duration.js';
import { duration, group, hook, list, oneOf, text } from '../common/option-schema.js';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from './key-options.js';

export interface RemoteJwksOptions {
  /**
   * The URL of the issuer's JWKS, such as `https://auth.example.com/.well-known/jwks.json`. No other URL is fetched;
   * redirects are refused.
   */
  readonly url: string;
  /**
   * The algorithms that its keys may have; each key is used with its own `alg`. HMAC is refused, because whoever
   * verifies with a shared secret can also sign with it. Default: every RS, PS and ES algorithm.
   */
  readonly algorithms?: readonly SigningAlgorithm[];
  /**
   * How often the JWKS is fetched in the background, and so how soon a removed key is refused. Default `5m`, from
   * `1s` to `24h`; keep it below the issuer's lead time. A shorter `max-age` of the answer takes precedence.
   */
  readonly refreshEvery?: Duration;
  /** Tokens with an unknown `kid` cause at most one fetch in this time. Default `30s`, from `100ms` to `1h`. */
  readonly coolDown?: Duration;
  /** Deadline of one fetch. Default `2s`. */
  readonly deadline?: Duration;
  /**
   * How long the known keys stay valid while no key set can be fetched (an outage, an error page). After that,
   * requests with a token are answered 503. Default `24h`, from `1m` to `7d`.
   */
  readonly keepFor?: Duration;
  /**
   * Fetches the JWKS instead of node's own `fetch`: for a proxy, a CA or a client certificate. It must not follow
   * redirects, and must obey `signal`.
   */
  readonly fetch?: JwksFetch;
}

/** As `globalThis.fetch`; called with `redirect: 'manual'`, `signal` and `accept`. */
export type JwksFetch = (url: URL, init: RequestInit) => Promise<Response>;

/** After validation. */
export interface ResolvedRemoteJwks {
  readonly url: URL;
  readonly algorithms: ReadonlySet<SigningAlgorithm>;
  readonly refreshEveryMs: number;
  readonly coolDownMs: number;
  readonly deadlineMs: number;
  readonly keepForMs: number;
  readonly fetch: JwksFetch;
  /** The owner of the keys, for log lines. Undefined: our own issuer. */
  readonly of?: string;
  /**
   * What a request with an unknown `kid` does during the cool-down. Our own issuers publish a key before it signs;
   * other issuers may not.
   */
  readonly whileCooling: 'answers' | 'waits';
  readonly keysWithoutAlg: 'left_out' | 'first_that_fits';
}

const SHARED =
  'is a shared secret: a service that verifies with it can sign with it; have the issuer sign with RS, PS or ES';

export const remoteJwksSchema = group({
  url: text("the URL of the issuer's JWKS, https://…/.well-known/jwks.json")
    .refine((url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol), {
      error: "must be a URL: the issuer's https://…/.well-known/jwks.json",
      abort: true,
    })
    .transform((url) => new URL(url))
    .refine(
      ({ username, password }) => !username && !password,
      'holds credentials: a JWKS is public, leave them out',
    ),
  algorithms: list(oneOf(SIGNING_ALGORITHMS))
    .refine(({ length }) => length > 0, 'is empty: name at least one')
    .refine((given) => !given.some((each) => each.startsWith('HS')), SHARED)
    .prefault(SIGNING_ALGORITHMS.filter((each) => !each.startsWith('HS'))),
  refreshEvery: duration('1s', '1d').prefault('5m'),
  coolDown: duration('100ms', '1h').prefault('30s'),
  deadline: duration('50ms', '60s').prefault('2s'),
  keepFor: duration('1m', '7d').prefault('24h'),
  fetch: hook<JwksFetch>().optional(),
});

export function resolveRemoteJwks(given: z.output<typeof remoteJwksSchema>): ResolvedRemoteJwks {
  return {
    url: given.url,
    algorithms: new Set(given.algorithms),
    refreshEveryMs: given.refreshEvery,
    coolDownMs: given.coolDown,
    deadlineMs: given.deadline,
    keepForMs: given.keepFor,
    fetch: given.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    whileCooling: 'answers',
    keysWithoutAlg: 'left_out',
  };
}
