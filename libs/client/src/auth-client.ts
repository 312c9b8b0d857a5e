import type { LoginBody } from '../../auth/src/contract/index.js';
import { askSession } from './ask-session.js';
import { assertOptions } from './assert-options.js';
import { authApi } from './auth-api.js';
import { authState } from './auth-state.js';
import { tailOf } from './change.js';
import { answerOf } from './error.js';
import type { ClientEvents, Listener, Session } from './events.js';
import { keeperOf, keyStore } from './keeper.js';
import type { AuthClientOptions, CallOptions } from './options.js';
import { attempt, isBrowser, isElsewhere } from './places.js';
import { proofs } from './prove.js';
import { absolute, resolve, takesToken } from './requests.js';
import type { LoginResult, RefreshResult } from './results.js';
import { silentFetch } from './silent-fetch.js';
import { type RefreshAfter, silentRefresh } from './silent-refresh.js';
import { tabsOf } from './tabs.js';
import { until } from './timers.js';
import { memoryStore } from './token-store.js';

export interface AuthClient {
  /** The URL of Tokenward's routes, with a slash at the end. */
  readonly authUrl: string;
  /** While `result.next` is `second_factor`, nobody is signed in yet: `/factors` has the second step. */
  login(
    input: Omit<LoginBody, 'transport' | 'device'>,
    options?: CallOptions,
  ): Promise<LoginResult>;
  /** Signs in through another route of Tokenward that answers like a login, such as `magic-link/login`. */
  loginAt(path: string, input: object, options?: CallOptions): Promise<LoginResult>;
  /**
   * Signs in through a route of your own that answers like a login. No tab refreshes while `send` runs, for at most
   * 10 seconds: ask the person first, and call `loginWith` only to send their answer.
   */
  loginWith(send: () => Promise<Response>): Promise<LoginResult>;
  /** Resolves when the server has ended the session; rejects (still signed in) when it could not. */
  logout(options?: CallOptions): Promise<void>;
  /**
   * Like the global `fetch`, with the access token. After a 401 it refreshes silently and sends the request again,
   * once. A body that can be read only once (a stream) is not sent again: the caller gets the 401, and the next try
   * has fresh tokens. If the refresh fails without an answer of the server, the result is 503 instead of the 401,
   * which the caller would take for a sign-out. With `credentials: 'omit'` the request carries no token, and its
   * answer is returned unchanged.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Who is signed in; undefined when nobody is. Rejects when the API cannot be asked. */
  session(options?: CallOptions): Promise<Session | undefined>;
  /**
   * The access token, for uses other than `fetch`, such as the first message of a socket. Refreshed when it is due.
   * Undefined in `cookie` mode, where only the browser has it, and when nobody is signed in.
   */
  accessToken(): Promise<string | undefined>;
  /** Refreshes the tokens. All tabs share one refresh at a time. Never rejects. */
  refresh(): Promise<RefreshResult>;
  changePassword(
    currentPassword: string,
    newPassword: string,
    options?: CallOptions,
  ): Promise<void>;
  /** Proves the user again: with the password, or with `{ code }` or `{ ticket, passkey }`. */
  reauthenticate(proof: string | object, options?: CallOptions): Promise<void>;
  on<K extends keyof ClientEvents>(name: K, listener: Listener<K>): () => void;
  /** Stops the timers and closes the channel to the other tabs. The next call opens both again, so a provider may close the client whenever it unmounts. */
  close(): void;
}

const within = <T>(options: CallOptions | undefined, work: Promise<T>): Promise<T> =>
  options?.signal ? until(options.signal, work) : work;

/** The access token exists only in this closure. In `cookie` mode scripts never hold one. */
export function createAuthClient(options: AuthClientOptions = {}): AuthClient {
  assertOptions(options);
  const {
    baseUrl = '',
    prefix = 'auth',
    transport = 'cookie',
    store,
    refreshAheadMs = 60_000,
  } = options;
  const needsToken = transport !== 'cookie';
  const isBearer = transport === 'bearer';
  const base = baseUrl.replace(/\/+$/, '');
  // whole, because `Request` of Node (a page in jsdom) takes no other
  const url = absolute(`${base}/${prefix}/`);
  const name = `tokenward:${url}`;
  const isWithOthers = isBrowser() && (store || !isBearer);
  if (isWithOthers && !isBearer && isElsewhere(url))
    // eslint-disable-next-line no-console -- the page's developer reads it there
    console.warn(`${base} is another site: its cookies are lost. Use bearer`);
  const keeper = keeperOf(
    store ||
      (isWithOthers && attempt(() => localStorage && keyStore(localStorage, `${name}:key`))) ||
      memoryStore(),
  );

  const state = authState(
    needsToken,
    refreshAheadMs,
    async () => (await refreshAfter(tabs.known)) === 'unavailable',
  );
  // tabs share a session if it is in the browser's cookies or in a shared store
  const tabs = tabsOf(
    name,
    isWithOthers,
    state.applyChange,
    async ({ left }) => !isBearer || tailOf((await keeper.readTokens()).refreshToken) === left,
    () => {
      if (state.is === 'unknown') return;
      // an event follows also where nobody was signed in
      state.is = 'in';
      state.person++;
      state.forget();
      state.emitEvent('restored');
      session().then(
        (found) => found && state.emitEvent('signedIn'),
        () => undefined,
      );
    },
  );
  const tokenNow = (): string | undefined => state.token?.value;
  const api = authApi(options, transport, url, keeper, tokenNow, tabs);
  const refreshAfter: RefreshAfter = silentRefresh(api, state, tabs);
  const requests = silentFetch(api, state, tabs, refreshAfter);
  const loginWith = (send: () => Promise<Response>): Promise<LoginResult> =>
    tabs.inTurn(() => api.openSession(send));
  const loginAt: AuthClient['loginAt'] = (path, input, options) =>
    within(
      options,
      loginWith(() => api.postJson(path, { ...input, transport })),
    );

  const prove = proofs(api, state, tabs, refreshAfter);
  const session = () => askSession(url, state, requests);

  return {
    async fetch(input, init) {
      const target = resolve(input, base);
      if (!takesToken(target, init, url)) return api.sendRaw(target, init);
      // the page makes requests, so it counts as signed in until an answer says otherwise
      if (!needsToken && state.is === 'unknown') state.is = 'in';
      return requests.sendSigned(target, init);
    },

    authUrl: url,
    login: (input, options) => loginAt('login', input, options),
    loginAt,
    loginWith,

    logout: (options) =>
      within(
        options,
        tabs.inTurn(async () => {
          const answer = await api.postJson('logout');
          // a 200 is the session of another person: nothing was ended
          await answerOf(answer, () => answer.status === 204);
          await api.endSession('logout');
        }),
      ),

    session: (options) => within(options, session()),

    changePassword: (currentPassword, newPassword, options) =>
      within(options, prove('password', { currentPassword, newPassword })),
    reauthenticate: (proof, options) =>
      within(
        options,
        prove('reauthenticate', typeof proof === 'string' ? { password: proof } : proof),
      ),
    accessToken: () => requests.freshen().then(tokenNow),
    refresh: () => refreshAfter(tabs.known),
    on: state.on,
    close() {
      state.forget();
      state.is = 'unknown';
      tabs.close();
    },
  };
}
