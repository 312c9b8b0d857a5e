import { answerOf, type Session } from '@tokenward/client';
import { asksForRefresh, discard, isSpentBySending, unavailable } from './requests.js';
import { requestCookies } from './server-cookies.js';
import { type RefreshOutcome, sharedRefresh } from './server-refresh.js';

export interface ServerAuthOptions {
  /** Where the Nest API is, as this server reaches it: `http://api:3000`. */
  readonly apiUrl: string;
  /** The AuthController's prefix. Default `auth`. */
  readonly prefix?: string;
  /** Default `access_token`. */
  readonly accessCookie?: string;
  /**
   * Default `refresh_token`. The browser sends it with a page only if its path covers the page: `cookies.refreshPath:
   * '/'` at the API, which then needs `refreshToken.reuseLeeway: '10s'` too.
   */
  readonly refreshCookie?: string;
  /** Timeout of one request to the API, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
}

export interface ServerRequest {
  readonly headers: { get(name: string): string | null };
}

export interface ServerAuth {
  /**
   * Refreshes if there is a refresh token but no access token; once, however often it is called. Waits for a refresh that
   * another call has begun.
   */
  renew(): Promise<void>;
  /**
   * Sends the cookies of this request; after a 401 it refreshes once and tries again once. `path` is below `apiUrl`. A
   * body that can be read only once (a stream) is not sent again: the caller gets the 401, and the next call succeeds.
   * Answers 503 in place of a 401 if the session could not be refreshed.
   */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** The signed-in user, according to the cookies. Rejects if the API cannot be asked. */
  session(): Promise<Session | undefined>;
  /** The `Cookie` header of this request, with the cookies that were set since, for code that renders later. */
  readonly cookie: string;
  /** `Set-Cookie` lines for the answer to the browser. Pass on each of them, because the former tokens are spent. */
  readonly setCookies: readonly string[];
}

/**
 * Headers of the browser that the API needs for the session list, alerts, and limits by address (if it trusts the
 * proxy).
 */
const PASSED_ON = ['user-agent', 'x-forwarded-for', 'accept-language'];
/**
 * By these the API refuses what another site's page causes (contract, section 4), but not where somebody follows a link
 * from there. Browsers send `Sec-Fetch-Site` over https only: without it the API would refuse this server's own pages,
 * whose origin it does not know.
 */
const FROM_WHERE = ['origin', 'sec-fetch-site'];
const SAFE = /^(?:GET|HEAD|OPTIONS)$/i;

/**
 * Adds what the API needs to know of the browser and, for a request that changes something, of the page it comes from.
 */
function passedOn({ headers: sent }: ServerRequest, headers: Headers, method: string): Headers {
  const isFollowed = sent.get('origin') === null && sent.get('sec-fetch-mode') === 'navigate';
  const isJudged = sent.get('sec-fetch-site') !== null && !isFollowed && !SAFE.test(method);
  for (const name of isJudged ? [...PASSED_ON, ...FROM_WHERE] : PASSED_ON) {
    const value = sent.get(name);
    if (value !== null && !headers.has(name)) headers.set(name, value);
  }
  return headers;
}

/**
 * For servers that render pages and call a Nest API. Create one for the process. Each request gets a `ServerAuth` of
 * its own and shares nothing with others, except that requests with the same refresh token share the answer of one
 * refresh for ten seconds.
 *
 * ```ts
 * const authOf = serverAuth({ apiUrl: 'http://api:3000' });
 * const auth = authOf(request);
 * const notes = await auth.fetch('/notes');
 * for (const line of auth.setCookies) answer.headers.append('set-cookie', line);
 * ```
 *
 * @returns `canSetCookies: false`: the headers of the answer are already sent (in a Server Component). Nothing is
 * refreshed there, because a rotated token that never reaches the browser would be lost.
 */
export function serverAuth(
  options: ServerAuthOptions,
): (request: ServerRequest, given?: { readonly canSetCookies?: boolean }) => ServerAuth {
  const apiUrl = options.apiUrl.replace(/\/+$/, '');
  const {
    prefix = 'auth',
    accessCookie = 'access_token',
    refreshCookie = 'refresh_token',
    timeoutMs = 10_000,
    fetch: send = (...args: Parameters<typeof fetch>) => fetch(...args),
  } = options;
  const refreshOnce = sharedRefresh(`${apiUrl}/${prefix}/refresh`, send, timeoutMs);
  const api = { apiUrl, prefix, accessCookie, refreshCookie, timeoutMs, fetch: send, refreshOnce };
  return (request, { canSetCookies = true } = {}) =>
    authOf(request, canSetCookies ? api : { ...api, refreshOnce: undefined });
}

interface Api extends Required<ServerAuthOptions> {
  /** Undefined: nothing is refreshed. */
  readonly refreshOnce: ReturnType<typeof sharedRefresh> | undefined;
}

function authOf(request: ServerRequest, api: Api): ServerAuth {
  const { apiUrl, prefix, accessCookie, refreshCookie, timeoutMs, fetch: send, refreshOnce } = api;
  const cookies = requestCookies(request.headers.get('cookie') ?? '');
  let refreshing: Promise<RefreshOutcome> | undefined;

  function headersOf(given?: HeadersInit, method = 'GET'): Headers {
    const headers = passedOn(request, new Headers(given), method);
    headers.set('cookie', cookies.header());
    return headers;
  }
  function refresh(): Promise<RefreshOutcome> {
    refreshing ??= (async () => {
      const token = cookies.only(refreshCookie);
      if (!refreshOnce || !token) return { status: 401, setCookies: [] };
      const outcome = await refreshOnce(token, headersOf());
      cookies.keep(outcome.setCookies);
      return outcome;
    })();
    return refreshing;
  }
  async function ask(path: string, init?: RequestInit): Promise<Response> {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await send(`${apiUrl}/${path.replace(/^\/+/, '')}`, {
      ...init,
      headers: headersOf(init?.headers, init?.method),
      signal: init?.signal ? AbortSignal.any([init.signal, signal]) : signal,
      // the browser must follow a redirect of the API itself, so that the cookies are not sent elsewhere
      redirect: 'manual',
    });
    cookies.keep(response.headers.getSetCookie());
    return response;
  }

  const auth: ServerAuth = {
    async renew() {
      // a request beside this one may have begun a refresh: the token that it replaces is not sent any more
      if (refreshing || !cookies.has(accessCookie) || cookies.only(accessCookie) === '')
        await refresh();
    },
    async fetch(path, init) {
      await auth.renew();
      // a request beside this one may begin the refresh while this one is on its way
      const isRepeatable = !refreshing && !isSpentBySending(init?.body);
      const response = await ask(path, init);
      if (!asksForRefresh(response)) return response;
      const { status } = await refresh();
      if (status === 401 || (status === 200 && !isRepeatable)) return response;
      discard(response);
      return status === 200 ? ask(path, init) : unavailable();
    },
    async session() {
      const response = await auth.fetch(`${prefix}/me`);
      return response.status === 401 ? undefined : answerOf<Session>(response, ({ id }) => id);
    },
    get cookie() {
      return cookies.header();
    },
    setCookies: cookies.setCookies,
  };
  return auth;
}
