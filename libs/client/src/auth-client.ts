import type { LoginAnswer, LoginBody, TokenBody, UserBody } from '../../auth/src/contract/index.js';
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
  /** Like the global one, with the access token, one silent refresh on 401, and the request again once. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Who is signed in; undefined when nobody is. Rejects when that cannot be told. */
  session(): Promise<Session | undefined>;
  /** One at a time over all tabs; whoever asks meanwhile shares it. */
  refresh(): Promise<RefreshResult>;
  changePassword(currentPassword: string, newPassword: string): Promise<void>;
  reauthenticate(password: string): Promise<void>;
  on<K extends keyof ClientEvents>(name: K, listener: Listener<K>): () => void;
  /** Stops timers and leaves the channel. */
  close(): void;
}

/** The server's refusal of one of the calls above; `status` and its `message` are the server's. */
export class AuthClientError extends Error {
  override readonly name = 'AuthClientError';

  constructor(
    readonly status: number,
    message: string,
    /** Seconds, of `Retry-After`. */
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}

interface Token {
  readonly value: string | undefined;
  readonly expiresAt: number;
}

/** The access token lives in this closure alone; in `cookie` mode scripts never hold one. */
export function createAuthClient(options: AuthClientOptions = {}): AuthClient {
  const { baseUrl = '', prefix = 'auth', transport = 'cookie', refreshAheadMs = 60_000 } = options;
  const send = options.fetch ?? ((...args: Parameters<typeof fetch>) => fetch(...args));
  const store = options.store ?? memoryStore();
  const bearer = transport === 'bearer';
  const emitter = new Emitter();
  const tabs = new Tabs(`tokenward:${baseUrl}/${prefix}`, heard, !bearer);
  let state: 'unknown' | 'in' | 'out' = 'unknown';
  let token: Token | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let refreshing: Promise<RefreshResult> | undefined;

  function heard(message: Message): void {
    if (message.type === 'signedOut') return leave(message.reason);
    if (message.type === 'refreshed') return keep(message.accessToken, message.at + message.expiresIn * 1000);
    token = undefined;
    state = 'in';
    emitter.emit('signedIn', undefined);
  }

  function keep(value: string | undefined, expiresAt: number): void {
    token = { value, expiresAt };
    state = 'in';
    emitter.emit('refreshed', undefined);
    clearTimeout(timer);
    if (!refreshAheadMs) return;
    // up to a fifth earlier, so that tabs and clients do not all come at once
    const due = expiresAt - refreshAheadMs * (1 + Math.random() / 5) - Date.now();
    timer = setTimeout(() => void refresh(), Math.max(due, 1_000));
    (timer as { unref?: () => void }).unref?.();
  }

  /** Once per sign-out, however many requests were refused. */
  function leave(reason: ClientEvents['signedOut']['reason']): void {
    const was = state;
    clearTimeout(timer);
    token = undefined;
    state = 'out';
    if (was === 'in') emitter.emit('signedOut', { reason });
  }

  async function post(path: string, body: object, authorised?: boolean): Promise<Response> {
    const init: RequestInit = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      credentials: bearer ? 'omit' : 'include',
    };
    const url = `${baseUrl}/${prefix}/${path}`;
    return authorised ? client.fetch(url, init) : send(url, init);
  }

  async function take(response: Response, sentAt: number): Promise<TokenBody> {
    const body = (await response.json()) as TokenBody;
    if (bearer) {
      const kept = await store.get();
      await store.set({ refreshToken: body.refreshToken, device: body.device ?? kept?.device });
    }
    // counted from the send by this clock: no clock of the server's comes in
    keep(body.accessToken, sentAt + body.expiresIn * 1000);
    return body;
  }

  async function mustSucceed(response: Response): Promise<Response> {
    if (response.ok) return response;
    const { message } = (await response.json().catch(() => ({}))) as { message?: string };
    throw new AuthClientError(
      response.status,
      message ?? response.statusText,
      Number(response.headers.get('retry-after')) || undefined,
    );
  }

  async function refreshOnce(): Promise<RefreshResult> {
    let result: RefreshResult = 'unavailable';
    const work = async (): Promise<Message | undefined> => {
      const sentAt = Date.now();
      const refreshToken = bearer ? (await store.get())?.refreshToken : undefined;
      const response =
        bearer && !refreshToken ? undefined : await post('refresh', refreshToken ? { refreshToken } : {});
      if (response?.ok) {
        const { accessToken, expiresIn } = await take(response, sentAt);
        result = 'refreshed';
        return { type: 'refreshed', at: Date.now(), accessToken, expiresIn };
      }
      if (response && response.status !== 401) return undefined;
      result = 'signedOut';
      if (bearer) await store.set({ device: (await store.get())?.device });
      leave('refused');
      return { type: 'signedOut', reason: 'refused' };
    };
    const theirs = (told: Message | undefined): void => {
      result = 'refreshed';
      // in `hybrid` a tab needs the token itself; without the message it asks for one of its own on the next 401
      if (told?.type === 'refreshed')
        token = { value: told.accessToken, expiresAt: told.at + told.expiresIn * 1000 };
    };
    await tabs.once(work, theirs).catch(() => undefined);
    return result;
  }

  function refresh(): Promise<RefreshResult> {
    refreshing ??= refreshOnce().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  }

  function authorised(request: Request): Request {
    if (token?.value !== undefined) request.headers.set('authorization', `Bearer ${token.value}`);
    return request;
  }

  /** Tokens go to the API alone, whatever address a caller hands in. */
  function isOurs(url: string): boolean {
    const own = new URL(baseUrl || globalThis.location.href, globalThis.location?.href);
    return new URL(url).origin === own.origin;
  }

  const client: AuthClient = {
    async fetch(input, init) {
      const make = (): Request => {
        const source =
          input instanceof Request
            ? input.clone()
            : new URL(String(input), baseUrl || globalThis.location?.href);
        return new Request(source, bearer ? init : { credentials: 'include', ...init });
      };
      const first = make();
      if (!isOurs(first.url)) return send(first);
      const isStream = typeof ReadableStream !== 'undefined' && init?.body instanceof ReadableStream;
      const spare = isStream ? undefined : make();
      const stale = token ? token.expiresAt <= Date.now() : transport !== 'cookie' && state !== 'out';
      if (stale) await refresh();
      const used = token;
      const response = await send(authorised(first));
      if (
        response.status !== 401 ||
        /insufficient_user_authentication/.test(response.headers.get('www-authenticate') ?? '')
      )
        return response;
      // somebody may have refreshed while this one was under way
      const result = token !== used && token ? 'refreshed' : await refresh();
      // a stream is spent: the caller sends it again, with tokens that are good by now
      if (result !== 'refreshed' || !spare) return response;
      await response.body?.cancel();
      return send(authorised(spare));
    },

    async login(input) {
      const sentAt = Date.now();
      const device = bearer ? (await store.get())?.device : undefined;
      const response = await mustSucceed(await post('login', { ...input, transport, device }));
      const { user } = (await take(response, sentAt)) as LoginAnswer;
      tabs.tell({ type: 'signedIn' });
      emitter.emit('signedIn', undefined);
      return user;
    },

    async logout() {
      const refreshToken = bearer ? (await store.get())?.refreshToken : undefined;
      const headers = new Headers({ 'content-type': 'application/json' });
      if (token?.value !== undefined) headers.set('authorization', `Bearer ${token.value}`);
      const init: RequestInit = {
        method: 'POST',
        headers,
        body: JSON.stringify({ refreshToken }),
        credentials: bearer ? 'omit' : 'include',
      };
      await mustSucceed(await send(`${baseUrl}/${prefix}/logout`, init));
      if (bearer) await store.set({ device: (await store.get())?.device });
      leave('logout');
      tabs.tell({ type: 'signedOut', reason: 'logout' });
    },

    async session() {
      const response = await client.fetch(`${baseUrl}/${prefix}/me`);
      if (response.status === 401) {
        if (state !== 'out') throw new AuthClientError(503, 'The session could not be checked');
        return undefined;
      }
      await mustSucceed(response);
      state = 'in';
      return (await response.json()) as Session;
    },

    async changePassword(currentPassword, newPassword) {
      await renewed('password', { currentPassword, newPassword });
    },

    async reauthenticate(password) {
      await renewed('reauthenticate', { password });
    },

    refresh,
    on: (name, listener) => emitter.on(name, listener),
    close() {
      clearTimeout(timer);
      tabs.close();
    },
  };

  async function renewed(path: string, body: object): Promise<void> {
    const sentAt = Date.now();
    const { expiresIn, accessToken } = await take(await mustSucceed(await post(path, body, true)), sentAt);
    tabs.tell({ type: 'refreshed', at: sentAt, accessToken, expiresIn });
  }

  return client;
}
