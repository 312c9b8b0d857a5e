import type { LoginAnswer, LoginBody, UserBody } from '../../auth/src/contract/index.js';
import { assertOptions } from './assert-options.js';
import { AuthApi } from './auth-api.js';
import { AuthState } from './auth-state.js';
import { AuthClientError, bodyOf, mustSucceed } from './error.js';
import type { ClientEvents, Listener, Session } from './events.js';
import type { AuthClientOptions } from './options.js';
import { isOurs } from './requests.js';
import { SilentFetch } from './silent-fetch.js';
import { type RefreshResult, SilentRefresh } from './silent-refresh.js';
import { Tabs } from './tabs.js';

export interface AuthClient {
  login(input: Omit<LoginBody, 'transport' | 'device'>): Promise<UserBody>;
  /**
   * Signs in at a route of the host (passkey, social login, second factor) that answers as a login does. `send` runs while no tab refreshes.
   */
  loginWith(send: () => Promise<Response>): Promise<UserBody>;
  /** Resolves when the server has ended the session; rejects (still signed in) when it could not. */
  logout(): Promise<void>;
  /**
   * Like the global one, with the access token, one silent refresh on 401, and the request again once. A body that can be read only once (a
   * stream) is not sent again: its 401 comes back, with good tokens for the caller's next try. When the refresh cannot be had, the answer is
   * 503 in place of the 401, which would be read as a sign-out.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Who is signed in; undefined when nobody is. Rejects when that cannot be told. */
  session(): Promise<Session | undefined>;
  /**
   * For what is no fetch: the first message of a socket. Refreshed when it is due; undefined in `cookie` mode, where the browser alone holds it, and
   * when nobody is signed in.
   */
  accessToken(): Promise<string | undefined>;
  /** One at a time over all tabs; whoever asks meanwhile shares it. Never rejects. */
  refresh(): Promise<RefreshResult>;
  changePassword(currentPassword: string, newPassword: string): Promise<void>;
  reauthenticate(password: string): Promise<void>;
  on<K extends keyof ClientEvents>(name: K, listener: Listener<K>): () => void;
  /** Stops timers and leaves the channel. */
  close(): void;
}

/** The access token lives in this closure alone; in `cookie` mode scripts never hold one. */
export function createAuthClient(options: AuthClientOptions = {}): AuthClient {
  assertOptions(options);
  const { baseUrl = '', transport = 'cookie', refreshAheadMs = 60_000 } = options;
  const needsToken = transport !== 'cookie';
  const state: AuthState = new AuthState({
    needsToken,
    refreshAheadMs,
    refresh: async () => ((await refresh.after(tabs.known)) === 'unavailable' ? 'again' : 'done'),
  });
  const api = new AuthApi(options, () => state.token?.value);
  const isShared = options.store && typeof document !== 'undefined';
  const tabs = new Tabs({
    name: `tokenward:${api.url}`,
    scope: transport !== 'bearer' ? 'browser' : isShared ? 'store' : 'own',
    needsToken,
    apply: (change) => state.apply(change),
  });
  const refresh: SilentRefresh = new SilentRefresh(api, state, tabs);
  const requests = new SilentFetch(baseUrl, api, state, tabs, refresh);

  function signIn(send: () => Promise<Response>): Promise<UserBody> {
    return tabs.exclusive(async () => {
      const sentAt = Date.now();
      const { body, grant } = await api.accept<LoginAnswer>(await mustSucceed(await send()), sentAt, 'login');
      await tabs.announce({ kind: 'signedIn', ...grant });
      return body.user;
    });
  }

  /** Both spend the refresh token, so that no silent refresh may be under way. */
  async function prove(path: 'password' | 'reauthenticate', body: object, attempt = 0): Promise<void> {
    let since = 0;
    const response = await tabs.exclusive(async () => {
      since = tabs.known;
      const sentAt = Date.now();
      const answer = await api.post(path, body);
      if (answer.ok) await tabs.announce({ kind: 'refreshed', ...(await api.accept(answer, sentAt)).grant });
      return answer;
    });
    if (response.status === 401 && attempt === 0 && (await refresh.after(since)) === 'refreshed')
      return prove(path, body, 1);
    await mustSucceed(response);
  }

  return {
    async fetch(input, init) {
      if (!isOurs(input, baseUrl)) return api.send(input, init);
      // whatever the cookies say, this page acts as somebody
      if (!needsToken && state.is === 'unknown') state.is = 'in';
      return requests.send(input, init);
    },

    login: (input) =>
      signIn(async () => api.post('login', { ...input, transport, device: await api.device() })),
    loginWith: signIn,

    logout: () =>
      tabs.exclusive(async () => {
        await mustSucceed(await api.post('logout', {}));
        await api.forget();
        await tabs.announce({ kind: 'logout' });
      }),

    async session() {
      const response = await requests.send(`${api.url}me`);
      if (response.status === 401) {
        if (state.is !== 'out') throw new AuthClientError(503, 'The session could not be checked');
        return undefined;
      }
      const session = await bodyOf<Session>(await mustSucceed(response), ({ id }) => !!id);
      const now = Date.now();
      // this clock may be off: what is left counts by the server's
      const leftMs = Date.parse(session.expiresAt) - (Date.parse(response.headers.get('date') ?? '') || now);
      if (!state.token && leftMs > 0) state.hold({ expiresAt: now + leftMs });
      return session;
    },

    changePassword: (currentPassword, newPassword) => prove('password', { currentPassword, newPassword }),
    reauthenticate: (password) => prove('reauthenticate', { password }),
    async accessToken() {
      await requests.freshen();
      return state.token?.value;
    },
    refresh: () => refresh.after(tabs.known),
    on: (name, listener) => state.emitter.on(name, listener),
    close() {
      state.close();
      tabs.close();
    },
  };
}
