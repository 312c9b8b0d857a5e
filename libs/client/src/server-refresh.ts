import { quietTimer } from './timers.js';

/**
 * How long an answer is shared: tabs that are restored together, or a page and its prefetches, all present the token
 * that the first of them spends.
 */
const SHARED_MS = 10_000;
/** The same as the API's `refreshToken.retryWindow`. */
const KEY_MS = 15 * 60_000;
const TRIES = 2;

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
): (token: string, headers: Headers) => Promise<RefreshOutcome> {
  const rotations = new Map<string, Rotation>();

  async function refresh(headers: Headers): Promise<RefreshOutcome> {
    for (let left = TRIES; left > 0; left--) {
      try {
        const init = { method: 'POST', headers, signal: AbortSignal.timeout(timeoutMs) };
        const response = await send(url, init);
        const setCookies = response.headers.getSetCookie();
        await response.body?.cancel();
        if (response.status < 500) return { status: response.status, setCookies };
      } catch {
        // no answer: the next try carries the same key
      }
    }
    return { status: 503, setCookies: [] };
  }

  return (token, headers) => {
    const rotation = rotations.get(token) ?? { key: newKey() };
    rotations.set(token, rotation);
    if (rotation.outcome) return rotation.outcome;
    headers.set('idempotency-key', rotation.key);
    const outcome = refresh(headers);
    rotation.outcome = outcome;
    void outcome.then(({ status }) => {
      const isOpen = status === 503;
      if (isOpen) rotation.outcome = undefined;
      quietTimer(
        () => {
          if (rotation.outcome === (isOpen ? undefined : outcome)) rotations.delete(token);
        },
        isOpen ? KEY_MS : SHARED_MS,
      );
    });
    return outcome;
  };
}

function newKey(): string {
  return crypto.getRandomValues(new Uint32Array(5)).join('-');
}
