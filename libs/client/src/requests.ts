/** A URL of the page, or of `baseUrl`, as a whole. */
export function absolute(url: string): string {
  const page = globalThis.location?.href;
  return page ? new URL(url, page).href : url;
}

/** `notes` and `/notes` are below `baseUrl`, whatever path that has. */
export function resolve(input: string | URL | Request, base: string): string | Request {
  if (input instanceof Request) return input;
  const url = String(input);
  const isWhole = /^(\w+:|\/\/)/.test(url);
  return absolute(isWhole || !base ? url : `${base}/${url.replace(/^\//, '')}`);
}

/**
 * The global `fetch`. Tools that replace it (OpenTelemetry, Sentry) lose what stands in `init` beside a `Request`, or
 * read its body, so a `Request` is given alone.
 */
export const globalFetch: typeof fetch = (input, init) =>
  input instanceof Request ? fetch(new Request(input, init)) : fetch(input, init);

/** React Native's URL has no `origin`. */
const originOf = (url: string): string | undefined => /^\w+:\/\/[^/?#]+/.exec(url)?.[0];

/**
 * Whether a request may carry the token: one to the API, whatever URL a caller gives, and not with
 * `credentials: 'omit'`.
 */
export function takesToken(
  target: string | Request,
  init: RequestInit | undefined,
  authUrl: string,
): unknown {
  const { url = target as string, credentials } = target as Partial<Request>;
  const origin = (init?.credentials ?? credentials) !== 'omit' && originOf(url);
  return origin && origin === originOf(authUrl);
}

/** The header with the access token, if there is one. */
export const bearer = (token: string | undefined): { authorization: string } | undefined =>
  token ? { authorization: `Bearer ${token}` } : undefined;

/** What a `Request` forgets beside an `init`. A URL has neither. */
export const referrerOf = ({ referrer, referrerPolicy }: Request): RequestInit => ({
  referrer,
  referrerPolicy,
});

type Stream = { getReader?: unknown; [Symbol.asyncIterator]?: unknown } | null | undefined;

export function isSpentBySending(body: unknown): unknown {
  return (body as Stream)?.getReader ?? (body as Stream)?.[Symbol.asyncIterator];
}

/** Only the user can renew a credential proof that is too old (RFC 9470), so that 401 causes no refresh. */
export function asksForRefresh(response: Response): boolean {
  const challenge = response.headers.get('www-authenticate') as string;
  return response.status === 401 && !/insufficient_u/.test(challenge);
}

/**
 * Frees the connection of an answer that nobody reads. Not awaited: whoever watches `fetch` may hold an unread copy
 * (then it would never end), or have read the answer (then it rejects).
 */
export function discard({ body }: Response): void {
  body?.cancel().catch(() => undefined);
}

/** The answer in place of a 401 that could not be checked by a refresh: it must not be taken for a refusal. */
export function unavailable(): Response {
  return new Response(
    JSON.stringify({
      statusCode: 503,
      error: 'Service Unavailable',
      message: 'Temporarily unavailable',
      code: 'unavailable',
    }),
    { status: 503, headers: { 'content-type': 'application/json' } },
  );
}
