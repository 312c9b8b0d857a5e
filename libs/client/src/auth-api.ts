import type {
  LoginAnswer,
  SecondFactorDue,
  TokenBody,
  TokenDelivery,
} from '../../auth/src/contract/index.js';
import { tailOf } from './change.js';
import { answerOf } from './error.js';
import { type Keeper, newKey } from './keeper.js';
import type { AuthClientOptions } from './options.js';
import { attempt } from './places.js';
import { bearer, globalFetch, referrerOf } from './requests.js';
import type { LoginResult } from './results.js';
import type { Tabs } from './tabs.js';
import { deadline, sleep, until } from './timers.js';
import type { StoredTokens } from './token-store.js';
import { SETTLE_MS, TIMEOUT_MS } from './waits.js';

type Answer = TokenBody & Partial<Pick<LoginAnswer, 'user'> & Pick<SecondFactorDue, 'ticket'>>;

/** Tokenward's routes, and the place of the refresh token: the browser, or the store of a `bearer` client. */
export interface AuthApi {
  readonly sendRaw: typeof fetch;
  /** A copy to send, so that the caller's request can still be read. */
  toSend(target: string | Request, init?: RequestInit): Request;
  postJson(path: string, body?: object, key?: string): Promise<Response>;
  /**
   * Refreshes, or proves and refreshes; returns the refusal. A retry carries the same `Idempotency-Key`, so that a lost
   * answer does not end the session. An answer that came after the other tabs stopped waiting is ignored: they may have
   * signed out since.
   */
  spend(path: string, body?: object): Promise<Response | undefined>;
  /**
   * Sends a request, keeps the tokens of its answer, and tells the other tabs. While a second factor is due nothing
   * changes.
   */
  openSession(send: () => Promise<Response>): Promise<LoginResult>;
  endSession(kind: 'logout' | 'refused'): Promise<void>;
}

export function authApi(
  options: AuthClientOptions,
  transport: TokenDelivery,
  url: string,
  keeper: Keeper,
  tokenNow: () => string | undefined,
  tabs: Pick<Tabs, 'announce' | 'known'>,
): AuthApi {
  const isBearer = transport === 'bearer';
  const credentials = isBearer ? 'omit' : 'include';
  const send = options.fetch ?? globalFetch;

  /** `sentAt`: the lifetime is counted from that time by this clock, so that the server's clock does not matter. */
  async function acceptTokens(
    kind: 'refreshed' | 'signedIn',
    sentAt: number,
    response: Response,
  ): Promise<Answer> {
    const body = await answerOf<Answer>(
      response,
      (given) =>
        // `>=` alone would accept a text
        Number.isFinite(given.expiresIn) &&
        given.expiresIn >= 1 &&
        (given.ticket ||
          ((transport === 'cookie' || given.accessToken) &&
            (!isBearer || given.refreshToken) &&
            (kind === 'refreshed' || given.user?.id))),
    );
    const { expiresIn, accessToken, refreshToken } = body;
    if (body.ticket) return body;
    // a store that cannot be read may still be written
    const { device } = await keeper.readTokens().catch((): StoredTokens => ({}));
    await keeper.writeTokens(isBearer ? { refreshToken, device: body.device ?? device } : {});
    const expiresAt = sentAt + expiresIn * 1000;
    tabs.announce({ kind, expiresAt, accessToken, left: tailOf(refreshToken) });
    return body;
  }

  const api: AuthApi = {
    sendRaw: send,
    toSend: (target, init) =>
      new Request((target as Partial<Request>).clone?.() ?? target, {
        ...referrerOf(target as Request),
        ...init,
        credentials,
      }),
    async postJson(path, body, key) {
      const { refreshToken, device } = await keeper.readTokens();
      const signal = deadline(TIMEOUT_MS);
      return until(
        signal,
        send(url + path, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...bearer(tokenNow()),
            ...(key && { 'idempotency-key': key }),
          },
          body: JSON.stringify({ ...body, ...(isBearer && { refreshToken, device }) }),
          credentials,
          // a page that is closed meanwhile still gets the new cookies
          keepalive: !isBearer,
          signal,
        }),
      );
    },

    async spend(path, body) {
      const { known } = tabs;
      const tokens = await keeper.readTokens();
      if (isBearer && !tokens.refreshToken) return new Response(null, { status: 401 });
      const key = tokens.key ?? newKey();
      if (!tokens.key) await keeper.writeTokens({ ...tokens, key });
      // without Web Locks two tabs may be here at once: after the pause both use the key that was stored last
      if (!isBearer && !attempt(() => navigator.locks)) await sleep(SETTLE_MS);
      const sentAt = Date.now();
      const response = await api.postJson(path, body, (await keeper.readTokens()).key);
      if (!response.ok) return response;
      if (tabs.known === known) await acceptTokens('refreshed', sentAt, response);
      return undefined;
    },

    async openSession(ask) {
      const body = await acceptTokens('signedIn', Date.now(), await ask());
      return (body.user ?? body) as LoginResult;
    },

    async endSession(kind) {
      await keeper.writeTokens({ device: (await keeper.readTokens()).device });
      tabs.announce({ kind });
    },
  };
  return api;
}
