import type { AuthState } from './auth-state.js';
import { answerOf } from './error.js';
import type { Session } from './events.js';
import { unavailable } from './requests.js';
import type { SilentFetch } from './silent-fetch.js';
import { deadline, until } from './timers.js';
import { TIMEOUT_MS } from './waits.js';

/** Who is signed in, as the API says. In `cookie` mode the answer also tells how long the access cookie is valid. */
export async function askSession(
  url: string,
  state: AuthState,
  requests: SilentFetch,
): Promise<Session | undefined> {
  const signal = deadline(TIMEOUT_MS);
  const response = await until(signal, requests.sendSigned(`${url}me`, { signal }));
  if (response.status === 401 && state.is === 'out') return undefined;
  const answer = response.status === 401 ? unavailable() : response;
  const found = await answerOf<Session>(answer, ({ id }) => id);
  const now = Date.now();
  // this clock may be wrong, so the remaining time is computed with the server's clock
  const leftMs =
    Date.parse(found.expiresAt) - (Date.parse(response.headers.get('date') ?? '') || now);
  if (!state.token && leftMs > 0) state.hold({ expiresAt: now + leftMs });
  return found;
}
