import type { JsonWebKey } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import type { SigningAlgorithm } from '../../options/key-options.js';
import type { ResolvedRemoteJwks } from '../../options/remote-jwks-options.js';
import { ALGORITHMS, isSigningAlgorithm } from './algorithms.js';
import { CURVE_NAMES } from './key-fitness.js';
import type { VerificationKey } from './key-set.js';
import { readVerificationKey } from './verification-keys.js';
import { isSameKey } from './same-key.js';

export interface FetchedJwks {
  /** Empty: the set was read, and contains no key that verifies here. */
  readonly keys: readonly VerificationKey[];
  /**
   * Keys that should not be in such a set, each with its problem: a duplicate kid, weak, private.
   * Contains no key material.
   */
  readonly leftOut: readonly string[];
  /** Algorithms of keys that would be accepted if `jwks.algorithms` named them. */
  readonly otherAlgorithms: readonly string[];
  /** `max-age` of the answer, in milliseconds; 0 if it has none. */
  readonly maxAgeMs: number;
}

type Rules = Pick<ResolvedRemoteJwks, 'algorithms' | 'keysWithoutAlg'>;

const MAX_BYTES = 262_144;
const MAX_KEYS = 100;
const MAX_NAME = 64;

/**
 * Fetches a pinned JWKS once, with a deadline and without redirects. Throws `unavailable` if no key
 * set came; the reason quotes nothing of the answer.
 */
export async function fetchJwks({
  fetch,
  url,
  deadlineMs,
  ...rules
}: Pick<ResolvedRemoteJwks, 'fetch' | 'url' | 'deadlineMs' | keyof Rules>): Promise<FetchedJwks> {
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'application/json' },
      signal,
    });
    const problem = problemOf(answer);
    if (problem !== undefined) {
      // not awaited: it never ends while somebody who watches `fetch` holds an unread copy
      void answer.body?.cancel().catch(() => undefined);
      throw AuthError.unavailable(problem);
    }
    return { ...readJwks(jwksIn(await textOf(answer)), rules), maxAgeMs: maxAgeOf(answer) };
  } catch (error) {
    if (error instanceof AuthError) throw error;
    throw AuthError.unavailable(
      signal.aborted
        ? `the JWKS did not come within ${String(deadlineMs)} ms`
        : networkProblem(error),
    );
  }
}

/** A redirect is never followed: whoever can send one could supply their own keys. */
function problemOf({ status, type, redirected }: Response): string | undefined {
  if (redirected || type === 'opaqueredirect' || [301, 302, 303, 307, 308].includes(status))
    return 'the JWKS was answered with a redirect, which is not followed: set jwks.url to where it leads';
  return status === 200 ? undefined : `the JWKS was answered with status ${String(status)}`;
}

async function textOf(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    const bytes = part as Uint8Array;
    size += bytes.length;
    if (size > MAX_BYTES)
      throw AuthError.unavailable(`the JWKS is larger than ${String(MAX_BYTES)} bytes`);
    parts.push(bytes);
  }
  // unlike Buffer, TextDecoder removes a byte order mark
  return new TextDecoder().decode(Buffer.concat(parts));
}

function jwksIn(text: string): readonly unknown[] {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw AuthError.unavailable(
      /^\s*</.test(text)
        ? 'the JWKS was answered with a web page: jwks.url leads to a sign-in page, or to the error page of a proxy'
        : 'the JWKS is not JSON, or was cut short',
    );
  }
  const keys = (given as { readonly keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys))
    throw AuthError.unavailable('the JSON is not a JWKS: it has no list "keys"');
  if (keys.length > MAX_KEYS)
    throw AuthError.unavailable(`the JWKS holds more than ${String(MAX_KEYS)} keys`);
  return keys;
}

/**
 * The same rules as at the issuer's boot: weak keys, secrets, private keys and other algorithms
 * verify nothing here.
 */
function readJwks(
  jwks: readonly unknown[],
  { algorithms, keysWithoutAlg }: Rules,
): Omit<FetchedJwks, 'maxAgeMs'> {
  const leftOut: string[] = [];
  const otherAlgorithms = new Set<string>();
  const byKid = new Map<string, VerificationKey | undefined>();
  for (const [index, given] of jwks.entries()) {
    let jwk = given as JsonWebKey | null;
    if (jwk?.use === 'enc') continue;
    const name = nameOf(jwk, index);
    if (jwk && jwk.alg === undefined && keysWithoutAlg === 'first_that_fits')
      jwk = { ...jwk, alg: firstThatFits(jwk, algorithms) };
    if (isSigningAlgorithm(jwk?.alg) && !algorithms.has(jwk.alg)) {
      otherAlgorithms.add(jwk.alg);
      continue;
    }
    try {
      const key = readVerificationKey(name, jwk as JsonWebKey, 'RS256');
      const twin = byKid.get(key.kid);
      if (!byKid.has(key.kid)) byKid.set(key.kid, key);
      else if (
        !twin ||
        twin.algorithm !== key.algorithm ||
        !isSameKey(twin.publicKey, key.publicKey)
      ) {
        // it is unknown which of the two keys a token means
        byKid.set(key.kid, undefined);
        leftOut.push(`${name}: two keys have this kid, so neither is used`);
      }
    } catch (error) {
      leftOut.push(error instanceof AuthError ? error.detail : `${name}: is not a key`);
    }
  }
  const keys = [...byKid.values()].flatMap((key) => key ?? []);
  return { keys, leftOut, otherAlgorithms: [...otherAlgorithms] };
}

/** The algorithm comes from the configuration, never from the token (RFC 8725, section 3.1). */
function firstThatFits(
  { kty, crv }: JsonWebKey,
  algorithms: Rules['algorithms'],
): SigningAlgorithm | undefined {
  return [...algorithms].find((each) => {
    const traits = ALGORITHMS[each];
    return traits.family === 'rsa'
      ? kty === 'RSA'
      : kty === 'EC' && traits.family === 'ec' && CURVE_NAMES[traits.curve] === crv;
  });
}

function nameOf(jwk: JsonWebKey | null, index: number): string {
  const kid = typeof jwk?.kid === 'string' ? jwk.kid.slice(0, MAX_NAME) : undefined;
  return kid === undefined ? `key ${String(index)}` : `key ${JSON.stringify(kid)}`;
}

function maxAgeOf(answer: Response): number {
  const [, seconds] =
    /(?:^|[\s,])max-age=(\d{1,9})/i.exec(answer.headers.get('cache-control') ?? '') ?? [];
  return Number(seconds ?? 0) * 1000;
}

const NETWORK: readonly (readonly [code: RegExp, problem: string])[] = [
  [/^(?:ENOTFOUND|EAI_AGAIN|EAI_FAIL)$/, 'the host of jwks.url cannot be resolved'],
  [/^ECONNREFUSED$/, 'nothing listens at jwks.url: the connection was refused'],
  [
    /CERT|SIGNED|ISSUER|SIGNATURE|ALTNAME|ERR_TLS|ERR_SSL|^EPROTO$/,
    'TLS failed: for a CA of your own set NODE_EXTRA_CA_CERTS, or give jwks.fetch',
  ],
  [/^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, 'the connection broke before the JWKS was whole'],
  [/TIMEOUT|^ETIMEDOUT$/, 'the issuer did not take the connection in time'],
];

/** Uses only the error's code, because a message may quote text of the issuer, a proxy or the host's function. */
function networkProblem(error: unknown): string {
  const { code: own, cause } = error as {
    readonly code?: unknown;
    readonly cause?: { code?: unknown };
  };
  const code = [cause?.code, own].find((each) => typeof each === 'string');
  if (code === undefined) return 'the JWKS cannot be fetched';
  const [, problem = 'the JWKS cannot be fetched'] =
    NETWORK.find(([each]) => each.test(code)) ?? [];
  return `${problem} (${code.slice(0, MAX_NAME)})`;
}
