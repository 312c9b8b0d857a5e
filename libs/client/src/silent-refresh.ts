import type { AuthApi } from './auth-api.js';
import type { AuthState } from './auth-state.js';
import type { Tabs } from './tabs.js';
import { deadline, until } from './timers.js';
import { REFRESH_MS } from './waits.js';

/** `unavailable`: the network or the server could not be reached; nobody was signed out. */
export type RefreshResult = 'refreshed' | 'signedOut' | 'unavailable';

/**
 * Unless that was done after `since`, a number of `tabs.known`. Never rejects. `refused`: a request was answered 401. Then a refresh that wants the key of
 * the browser (403 `device_required`) is a refusal, too: a browser that has the key would have renewed its cookie before the request.
 */
export type RefreshAfter = (since: number, refused?: boolean) => Promise<RefreshResult>;

/** One refresh at a time over all tabs; whoever asks meanwhile shares it. */
export function silentRefresh(api: AuthApi, state: AuthState, tabs: Tabs): RefreshAfter {
  let running: Promise<RefreshResult> | undefined;

  function settled(since: number): RefreshResult | undefined {
    if (tabs.known === since) return undefined;
    if (state.is === 'out') return 'signedOut';
    return state.token && 'refreshed';
  }

  async function refresh(isRefused?: boolean): Promise<RefreshResult> {
    const since = tabs.known;
    const answer = await api.spend('refresh', {});
    const isOver =
      answer && (answer.status === 401 || (isRefused && /device_required/.test(await answer.text())));
    if (isOver && tabs.known === since) await api.endSession('refused');
    return settled(since) ?? 'unavailable';
  }

  return async function after(since, isRefused): Promise<RefreshResult> {
    const already = settled(since);
    if (already) return already;
    running ??= until(
      deadline(REFRESH_MS),
      tabs.inTurn(async () => settled(since) ?? refresh(isRefused)),
    )
      .catch(() => 'unavailable' as const)
      .finally(() => {
        running = undefined;
      });
    const result = await running;
    // what was under way may have been settled by something older
    return result === 'refreshed' && tabs.known === since ? after(since, isRefused) : result;
  };
}
