import type { LoginAnswer, LoginBody, TokenBody, UserBody } from '../../auth/src/contract/index.js';
import { Alarm } from './alarm.js';
import { AuthClientError, mustSucceed } from './error.js';
import { type ClientEvents, Emitter, type Listener, type Session } from './events.js';
import type { AuthClientOptions } from './options.js';
import { type Message, Tabs } from './tabs.js';
import { memoryStore } from './token-store.js';

/** `unavailable`: the network or the server was away; nobody was signed out. */
export type RefreshResult = 'refreshed' | 'signedOut' | 'unavailable';

export interface AuthClient {
  login(input: Omit<LoginBody, 'transport' | 'device'>): Promise<UserBody>;
  /** Resolves when the server has ended the session; rejects (still signed in) when it could not. */
  logout(): Promise<void>;
  /**
   * Like the global one, with the access token, one silent refresh on 401, and the request again once. A body that can be read only once (a
   * stream) is not sent again: its 401 comes back, with good tokens for the caller's next try.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Who is signed in; undefined when nobody is. Rejects when that cannot be told. */
  session(): Promise<Session | undefined>;
  /** One at a time over all tabs; whoever asks meanwhile shares it. Never rejects. */
  refresh(): Promise<RefreshResult>;
  changePassword(currentPassword: string, newPassword: string): Promise<void>;
  reauthenticate(password: string): Promise<void>;
  on<K extends keyof ClientEvents>(name: K, listener: Listener<K>): () => void;
  /** Stops timers and leaves the channel. */
  close(): void;
}

interface Token {
  readonly value: string | undefined;
  /** When it came. */
  readonly at: number;
  readonly expiresAt: number;
}

const TIMEOUT_MS = 30_000;

/** The access token lives in this closure alone; in `cookie` mode scripts never hold one. */
export function createAuthClient(options: AuthClientOptions = {}): AuthClient {
  const { baseUrl = '', prefix = 'auth', transport = 'cookie', refreshAheadMs = 60_000 } = options;
  const send = options.fetch ?? ((...args: Parameters<typeof fetch>) => fetch(...args));
  const store = options.store ?? memoryStore();
  const bearer = transport === 'bearer';
  const credentials = bearer ? 'omit' : 'include';
  const api = `${baseUrl}/${prefix}/`;
  const emitter = new Emitter();
  const isPage = typeof document !== 'undefined';
  const scope = bearer ? (options.store && isPage ? 'store' : 'own') : 'browser';
  const tabs = new Tabs(`tokenward:${api}`, scope, heard);
  const alarm = new Alarm(async () => ((await renew(Date.now())) === 'unavailable' ? 'again' : 'done'));
  let state: 'unknown' | 'in' | 'out' | 'closed' = 'unknown';
  let token: Token | undefined;
  let signedInAt = 0;
  let refreshing: Promise<RefreshResult> | undefined;

  function heard(message: Message): void {
    if (message.type === 'refreshed')
      return keep({ value: message.accessToken, at: message.at, expiresAt: message.expiresAt });
    // told before the login here, come after it
    if (message.type === 'signedOut') return message.at > signedInAt ? leave(message.reason) : undefined;
    token = undefined;
    enter(message.at);
  }

  function enter(at: number): void {
    state = 'in';
    signedInAt = at;
    emitter.emit('signedIn', undefined);
  }

  function keep(fresh: Token): void {
    if (state === 'closed') return;
    token = fresh;
    state = 'in';
    if (refreshAheadMs) alarm.set(fresh.expiresAt, refreshAheadMs);
    emitter.emit('refreshed', undefined);
  }

  /** Once per sign-out, however many requests were refused. */
  function leave(reason: ClientEvents['signedOut']['reason']): void {
    const was = state;
    alarm.stop();
    token = undefined;
    if (was === 'closed') return;
    state = 'out';
    if (was === 'in') emitter.emit('signedOut', { reason });
  }

  /** `keepalive`: a page that is closed meanwhile still gets the new cookies; without them the next refresh would look like theft. */
  async function post(path: string, body: object): Promise<Response> {
    const init: RequestInit = {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token?.value !== undefined && { authorization: `Bearer ${token.value}` }),
      },
      body: JSON.stringify(body),
      credentials,
      keepalive: !bearer,
      signal: AbortSignal.timeout?.(TIMEOUT_MS),
    };
    return send(api + path, init);
  }

  const kept = async (): Promise<string | undefined> =>
    bearer ? (await store.get())?.refreshToken : undefined;
  const forget = async (): Promise<void> => {
    if (bearer) await store.set({ device: (await store.get())?.device });
  };

  async function take<T extends TokenBody>(response: Response, sentAt: number): Promise<[T, Message]> {
    const body = (await response.json()) as T;
    if (bearer)
      await store.set({
        refreshToken: body.refreshToken,
        device: body.device ?? (await store.get())?.device,
      });
    // counted from the send by this clock: no clock of the server's comes in
    const expiresAt = sentAt + body.expiresIn * 1000;
    const at = Date.now();
    keep({ value: body.accessToken, at, expiresAt });
    return [body, { type: 'refreshed', at, expiresAt, accessToken: body.accessToken }];
  }

  async function refreshOnce(since: number): Promise<RefreshResult> {
    let result: RefreshResult = 'unavailable';
    const work = async (): Promise<Message | undefined> => {
      const sentAt = Date.now();
      const refreshToken = await kept();
      const response = bearer && !refreshToken ? undefined : await post('refresh', { refreshToken });
      if (response?.ok) {
        const [, message] = await take(response, sentAt);
        result = 'refreshed';
        return message;
      }
      if (response && response.status !== 401) return undefined;
      await forget();
      result = 'signedOut';
      leave('refused');
      return { type: 'signedOut', at: Date.now(), reason: 'refused' };
    };
    const theirs = (outcome: string, told: Message | undefined): boolean => {
      result = outcome === 'signedOut' ? 'signedOut' : 'refreshed';
      if (result === 'signedOut') leave(told?.type === 'signedOut' ? told.reason : 'refused');
      // `hybrid` needs the token itself
      return result === 'signedOut' || transport === 'cookie' || told?.type === 'refreshed';
    };
    await tabs.once(since, work, theirs).catch(() => undefined);
    return result;
  }

  /** Unless one has finished after `since`. */
  function renew(since: number): Promise<RefreshResult> {
    if (token && token.at > since) return Promise.resolve('refreshed');
    refreshing ??= refreshOnce(since).finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  }

  /** Tokens go to the API alone, whatever address a caller hands in. */
  function isOurs(url: string): boolean {
    const page = globalThis.location?.href;
    return new URL(url, baseUrl || page).origin === new URL(baseUrl || page, page).origin;
  }

  function prepare(input: string | URL | Request, init?: RequestInit): Request {
    const source =
      input instanceof Request ? input.clone() : new URL(input, baseUrl || globalThis.location?.href);
    return new Request(source, { ...init, credentials });
  }

  function authorised(request: Request): Request {
    if (token?.value !== undefined) request.headers.set('authorization', `Bearer ${token.value}`);
    return request;
  }

  const client: AuthClient = {
    async fetch(input, init) {
      if (!isOurs(input instanceof Request ? input.url : String(input))) return send(input, init);
      const first = prepare(input, init);
      const spare = isSpentBySending(init?.body) ? undefined : prepare(input, init);
      const isStale = token ? token.expiresAt <= Date.now() : transport !== 'cookie' && state !== 'out';
      const early = isStale ? await renew(Date.now()) : undefined;
      const sentAt = Date.now();
      const response = await send(authorised(first));
      const challenge = response.headers.get('www-authenticate') ?? '';
      // a proof too old (RFC 9470) is the user's to renew
      if (response.status !== 401 || challenge.includes('insufficient_user_authentication')) return response;
      if (early === 'signedOut' || (await renew(sentAt)) !== 'refreshed' || !spare) return response;
      await response.body?.cancel();
      return send(authorised(spare));
    },

    async login(input) {
      return tabs.exclusive(async () => {
        const sentAt = Date.now();
        const device = bearer ? (await store.get())?.device : undefined;
        const response = await mustSucceed(await post('login', { ...input, transport, device }));
        const [{ user }] = await take<LoginAnswer>(response, sentAt);
        const at = Date.now();
        enter(at);
        await tabs.announce({ type: 'signedIn', at });
        return user;
      });
    },

    async logout() {
      await tabs.exclusive(async () => {
        await mustSucceed(await post('logout', { refreshToken: await kept() }));
        await forget();
        leave('logout');
        await tabs.announce({ type: 'signedOut', at: Date.now(), reason: 'logout' });
      });
    },

    async session() {
      const response = await client.fetch(`${api}me`);
      if (response.status === 401) {
        if (state !== 'out') throw new AuthClientError(503, 'The session could not be checked');
        return undefined;
      }
      const session = (await (await mustSucceed(response)).json()) as Session;
      const now = Date.now();
      // this clock may be off: what is left counts by the server's
      const leftMs = Date.parse(session.expiresAt) - (Date.parse(response.headers.get('date') ?? '') || now);
      state = 'in';
      if (!token && transport === 'cookie') {
        token = { value: undefined, at: 0, expiresAt: now + leftMs };
        if (refreshAheadMs) alarm.set(token.expiresAt, refreshAheadMs);
      }
      return session;
    },

    changePassword: (currentPassword, newPassword) => prove('password', { currentPassword, newPassword }),
    reauthenticate: (password) => prove('reauthenticate', { password }),
    refresh: () => renew(Date.now()),
    on: (name, listener) => emitter.on(name, listener),
    close() {
      state = 'closed';
      alarm.stop();
      tabs.close();
    },
  };

  /** Both spend the refresh token, so that no silent refresh may be under way. */
  async function prove(path: string, body: object): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const sentAt = Date.now();
      const response = await tabs.exclusive(async () => {
        const answer = await post(path, { ...body, refreshToken: await kept() });
        if (answer.ok) await tabs.announce((await take(answer, sentAt))[1]);
        return answer;
      });
      if (response.ok) return;
      if (response.status !== 401 || attempt || (await renew(sentAt)) !== 'refreshed')
        return void (await mustSucceed(response));
    }
  }

  return client;
}

function isSpentBySending(body: unknown): boolean {
  return typeof body === 'object' && body !== null && ('getReader' in body || Symbol.asyncIterator in body);
}
