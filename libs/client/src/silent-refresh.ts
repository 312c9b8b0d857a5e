import type { AuthApi } from './auth-api.js';
import type { AuthState } from './auth-state.js';
import type { RefreshResult } from './results.js';
import type { Tabs } from './tabs.js';
import { deadline, until } from './timers.js';
import { REFRESH_MS } from './waits.js';

/** Refreshes, unless a refresh was done after `since`, a number of `tabs.known`. Never rejects. */
export type RefreshAfter = (since: number) => Promise<RefreshResult>;

/** One refresh at a time in all tabs; calls in the meantime share it. */
export function silentRefresh(api: AuthApi, state: AuthState, tabs: Tabs): RefreshAfter {
  let running: Promise<RefreshResult> | undefined;

  function settled(since: number): RefreshResult | undefined {
    if (tabs.known === since) return undefined;
    if (state.is === 'out') return 'signedOut';
    return state.token && 'refreshed';
  }

  async function refresh(): Promise<RefreshResult> {
    const since = tabs.known;
    const refused = await api.spend('refresh');
    // only a 401 is a refusal
    if (refused && refused.status !== 401)
      return /device_req/.test(await refused.text()) ? 'bound' : 'unavailable';
    if (refused && tabs.known === since) await api.endSession('refused');
    return settled(since) ?? 'unavailable';
  }

  return async function after(since): Promise<RefreshResult> {
    const already = settled(since);
    if (already) return already;
    running ??= until(
      deadline(REFRESH_MS),
      tabs.inTurn(async () => settled(since) ?? refresh()),
    )
      .catch(() => 'unavailable' as const)
      .finally(() => {
        running = undefined;
      });
    const result = await running;
    // the shared refresh may have begun before `since`
    return result === 'refreshed' && tabs.known === since ? after(since) : result;
  };
}
