import type { JsonWebKey } from 'node:crypto';
import { AuthError } from '../common/auth-error.js';
import type { SigningAlgorithm } from '../options/key-options.js';
import type { VerificationKey } from './key-set.js';
import { readVerificationKey } from './verification-keys.js';

export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

export interface FetchedJwks {
  readonly keys: readonly VerificationKey[];
  /** Keys that were left out; more than one alg is no reason to refuse the others. */
  readonly ignored: number;
  /** `max-age` of the answer, milliseconds; 0 when it says none. */
  readonly maxAgeMs: number;
}

const MAX_BYTES = 262_144;
const MAX_KEYS = 100;

/** One fetch of a pinned JWKS under a deadline, no redirects. Throws `unavailable` for whatever goes wrong, never quoting the answer. */
export async function fetchJwks(
  fetch: Fetch,
  url: URL,
  algorithms: ReadonlySet<SigningAlgorithm>,
  deadlineMs: number,
): Promise<FetchedJwks> {
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    const answer = await fetch(url, { redirect: 'error', headers: { accept: 'application/json' }, signal });
    if (answer.status !== 200) {
      await answer.body?.cancel();
      throw AuthError.unavailable(`the JWKS was answered with ${String(answer.status)}`);
    }
    const text = await textOf(answer);
    return { ...keysIn(text, algorithms), maxAgeMs: maxAgeOf(answer) };
  } catch (error) {
    if (error instanceof AuthError) throw error;
    throw AuthError.unavailable(
      signal.aborted ? `the JWKS did not come within ${String(deadlineMs)} ms` : 'the JWKS cannot be fetched',
    );
  }
}

async function textOf(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    const bytes = part as Uint8Array;
    size += bytes.length;
    if (size > MAX_BYTES) throw AuthError.unavailable('the JWKS is larger than one can be');
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}

function keysIn(text: string, algorithms: ReadonlySet<SigningAlgorithm>): Omit<FetchedJwks, 'maxAgeMs'> {
  let given: unknown;
  try {
    given = (JSON.parse(text) as { readonly keys?: unknown } | null)?.keys;
  } catch {
    given = undefined;
  }
  if (!Array.isArray(given) || given.length > MAX_KEYS)
    throw AuthError.unavailable('what was fetched is no JWKS');
  const keys = given.flatMap((jwk) => readIfOurs(jwk as JsonWebKey, algorithms));
  if (keys.length === 0) throw AuthError.unavailable('the JWKS holds no key of the configured algorithms');
  if (new Set(keys.map(({ kid }) => kid)).size !== keys.length)
    throw AuthError.unavailable('the JWKS holds two keys of one kid');
  return { keys, ignored: given.length - keys.length };
}

/** The same rules as at the issuer's boot: weak keys, secrets, private halves and other algorithms verify nothing here. */
function readIfOurs(jwk: JsonWebKey, algorithms: ReadonlySet<SigningAlgorithm>): VerificationKey[] {
  try {
    const key = readVerificationKey('jwks', jwk, 'RS256');
    return algorithms.has(key.algorithm) ? [key] : [];
  } catch {
    return [];
  }
}

function maxAgeOf(answer: Response): number {
  const [, seconds] = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(answer.headers.get('cache-control') ?? '') ?? [];
  return Number(seconds ?? 0) * 1000;
}
