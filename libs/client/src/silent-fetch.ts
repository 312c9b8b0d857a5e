import type { AuthApi } from './auth-api.js';
import type { AuthState } from './auth-state.js';
import { AuthClientError } from './error.js';
import {
  asksForRefresh,
  bearer,
  discard,
  isSpentBySending,
  referrerOf,
  unavailable,
} from './requests.js';
import type { RefreshResult } from './results.js';
import type { RefreshAfter } from './silent-refresh.js';
import type { Tabs } from './tabs.js';
import { until } from './timers.js';

export interface SilentFetch {
  sendSigned(target: string | Request, init?: RequestInit): Promise<Response>;
  /**
   * Refreshes a token that is known to have expired. Where scripts hold no token, the cookie may still be valid, and
   * the answer will show it.
   */
  freshen(): Promise<RefreshResult | undefined>;
}

/** A request with the access token; on 401 one silent refresh, then the request again once, as the same person. */
export function silentFetch(
  api: AuthApi,
  state: AuthState,
  tabs: Tabs,
  refreshAfter: RefreshAfter,
): SilentFetch {
  /** The headers once more in `init`: a host's `fetch` that adds one there would replace those of the request. */
  function send(request: Request): Promise<Response> {
    return api.sendRaw(request, {
      ...referrerOf(request),
      headers: {
        ...Object.fromEntries(request.headers),
        ...bearer(state.token?.value),
      },
    });
  }

  async function freshen(): Promise<RefreshResult | undefined> {
    tabs.reopen();
    const { token, is, needsToken } = state;
    const isStale = token ? token.expiresAt <= Date.now() : needsToken && is !== 'out';
    return isStale ? refreshAfter(tabs.known) : undefined;
  }

  return {
    freshen,
    async sendSigned(target, init) {
      const { person } = state;
      const first = api.toSend(target, init);
      const spare = isSpentBySending(init?.body) ? undefined : api.toSend(target, init);
      const early = await until(first.signal, freshen());
      if (state.is === 'in' && state.person !== person)
        throw new AuthClientError(401, 'another user');
      const since = tabs.known;
      const response = await send(first);
      if (!asksForRefresh(response)) return response;
      const outcome =
        early && early !== 'refreshed' ? early : await until(first.signal, refreshAfter(since));
      if (state.person !== person || outcome === 'signedOut') return response;
      if (outcome !== 'unavailable' && !spare) return response;
      discard(response);
      if (outcome === 'unavailable') return unavailable();
      const again = await send(spare as Request);
      // a browser that has the key could have renewed the cookie before this request
      if (outcome === 'bound' && asksForRefresh(again))
        await tabs.inTurn(() => api.endSession('refused'));
      return again;
    },
  };
}
