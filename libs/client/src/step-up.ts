import type { AuthClient } from '@tokenward/client';
import { isSpentBySending } from './requests.js';
import { orAborted } from './timers.js';

/** The proof that the server asks for (RFC 9470, section 3). */
export interface Challenge {
  /** How old the proof may be at most. */
  readonly maxAgeSeconds?: number;
  /** The 401 answer; its body can still be read. */
  readonly response: Response;
}

/**
 * Asks the person for a credential and sends it to the server (`client.reauthenticate`). `false`: the person
 * declined, and the caller gets the refusal.
 */
export type OnStepUp = (challenge: Challenge) => Promise<unknown>;

/**
 * `client.fetch` for routes that need a fresh credential proof. On such a 401 the person is asked, once for all
 * waiting requests, and the request is sent again, once. It is not sent again if another person signed in meanwhile,
 * or if its body can be read only once.
 *
 * ```ts
 * const fetch = stepUpFetch(client, async () => client.reauthenticate(await askForPassword()));
 * ```
 */
export function stepUpFetch(client: AuthClient, onStepUp: OnStepUp): AuthClient['fetch'] {
  let asking: Promise<unknown> | undefined;

  /** Whether the same person is signed in afterwards. */
  async function isProved(
    challenge: Challenge,
    signal: AbortSignal | null | undefined,
  ): Promise<boolean> {
    let isSame = true;
    const leave = (): void => {
      isSame = false;
    };
    const stops = (['signedIn', 'signedOut', 'restored'] as const).map((name) =>
      client.on(name, leave),
    );
    try {
      asking ??= onStepUp(challenge).finally(() => {
        asking = undefined;
      });
      return (await orAborted(asking, signal)) !== false && isSame;
    } finally {
      for (const stop of stops) stop();
    }
  }

  return async (input, init) => {
    const isRequest = input instanceof Request;
    const again = isRequest ? input.clone() : input;
    const response = await client.fetch(input, init);
    const challenge = challengeOf(response);
    if (!challenge || isSpentBySending(init?.body)) return response;
    const signal = init?.signal ?? (isRequest ? input.signal : undefined);
    return (await isProved(challenge, signal)) ? client.fetch(again, init) : response;
  };
}

function challengeOf(response: Response): Challenge | undefined {
  const header = response.headers.get('www-authenticate') ?? '';
  if (response.status !== 401 || !header.includes('insufficient_user_authentication'))
    return undefined;
  const seconds = /max_age="?(\d+)/.exec(header)?.[1];
  return { response: response.clone(), ...(seconds && { maxAgeSeconds: Number(seconds) }) };
}
