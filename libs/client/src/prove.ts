import type { AuthApi } from './auth-api.js';
import type { AuthState } from './auth-state.js';
import { answerOf } from './error.js';
import type { RefreshAfter } from './silent-refresh.js';
import type { Tabs } from './tabs.js';

export type Prove = (
  path: 'password' | 'reauthenticate',
  body: object,
  isAgain?: boolean,
) => Promise<void>;

/** Both routes spend the refresh token, so they must not run at the same time as a silent refresh. */
export function proofs(
  api: AuthApi,
  state: AuthState,
  tabs: Tabs,
  refreshAfter: RefreshAfter,
): Prove {
  return async function prove(path, body, isAgain) {
    let since = 0;
    const { person } = state;
    const refused = await tabs.inTurn(() => {
      since = tabs.known;
      return api.spend(path, body);
    });
    if (!refused) return;
    if (
      !isAgain &&
      refused.status === 401 &&
      state.person === person &&
      (await refreshAfter(since)) === 'refreshed'
    )
      return prove(path, body, true);
    await answerOf(refused, Boolean);
  };
}
