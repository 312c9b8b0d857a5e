import { discard } from './requests.js';
import { quietTimer } from './timers.js';

/**
 * How long an answer is shared: tabs that are restored together, or a page and its prefetches, all present the token
 * that the first of them spends.
 */
const SHARED_MS = 10_000;
/** The same as the API's `refreshToken.retryWindow`. */
const KEY_MS = 15 * 60_000;
const TRIES = 2;
/** Anybody can send any token, and while the API is away nobody knows which ones are real. */
const MOST_TOKENS = 20_000;
const MOST_CHARACTERS = 1_024;

export interface RefreshOutcome {
  /** 200, 401, or another status of the API; 503 if the API could not be asked. */
  readonly status: number;
  readonly setCookies: readonly string[];
}

interface Rotation {
  /** Kept over every retry until an answer comes, so that a lost answer does not end the session. */
  readonly key: string;
  outcome?: Promise<RefreshOutcome> | undefined;
}

/** One refresh for each token: only requests with the same token share it. */
export function sharedRefresh(
  url: string,
  send: typeof fetch,
  timeoutMs: number,
  mostTokens = MOST_TOKENS,
): (token: string, headers: Headers) => Promise<RefreshOutcome> {
  const rotations = new Map<string, Rotation>();

  async function refresh(headers: Headers): Promise<RefreshOutcome> {
    for (let left = TRIES; left > 0; left--) {
      try {
        const init = { method: 'POST', headers, signal: AbortSignal.timeout(timeoutMs) };
        const response = await send(url, init);
        const setCookies = response.headers.getSetCookie();
        discard(response);
        if (response.status < 500) return { status: response.status, setCookies };
      } catch {
        // no answer: the next try carries the same key
      }
    }
    return { status: 503, setCookies: [] };
  }

  /** Where there is no more room, those that are there stay: their answers may be lost already. */
  function keep(token: string, rotation: Rotation): void {
    if (rotations.size < mostTokens && token.length <= MOST_CHARACTERS)
      rotations.set(token, rotation);
  }

  return (token, headers) => {
    const rotation = rotations.get(token) ?? { key: newKey() };
    keep(token, rotation);
    if (rotation.outcome) return rotation.outcome;
    headers.set('idempotency-key', rotation.key);
    const outcome = refresh(headers);
    rotation.outcome = outcome;
    void outcome.then(({ status }) => {
      const isOpen = status === 503;
      if (isOpen) rotation.outcome = undefined;
      const forget = (): void => {
        const isLatest = rotation.outcome === (isOpen ? undefined : outcome);
        if (isLatest && rotations.get(token) === rotation) rotations.delete(token);
      };
      // a refused token is not worth remembering, and costs whoever sent it nothing
      if (status === 200 || isOpen) quietTimer(forget, isOpen ? KEY_MS : SHARED_MS);
      else forget();
    });
    return outcome;
  };
}

function newKey(): string {
  return crypto.getRandomValues(new Uint32Array(5)).join('-');
}
