import type { IncomingHttpHeaders } from 'node:http';
import type { HttpRequest } from '../http/adapter.js';

/** The object that carries the caller, and the request that carries the token. */
export interface GraphqlCall {
  readonly carrier: object;
  readonly request: HttpRequest;
}

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads the context of a GraphQL operation, as the drivers create it: `req` (Apollo, Mercurius), `request` or
 * `reply.request` (Mercurius), and for subscriptions `extra.request` and `connectionParams` (graphql-ws, also under
 * `req`) or `_connectionInit` (Mercurius). Undefined if there is none of them.
 */
export function graphqlCall(context: unknown): GraphqlCall | undefined {
  const made = membersOf(context);
  if (!made) return undefined;
  const inner = membersOf(made['req']);
  const socket = inner && membersOf(inner['extra']) ? inner : made;
  const handshake = requestIn(membersOf(socket['extra'])?.['request']);
  const http = [made['req'], made['request'], membersOf(made['reply'])?.['request']]
    .map(requestIn)
    .find(Boolean);
  const params = membersOf(socket['connectionParams']) ?? membersOf(made['_connectionInit']);
  const live = handshake ?? (http && isHandshake(http) ? http : undefined);
  // not the request, which all operations of a connection share: each operation is checked by itself
  if (live) return { carrier: made, request: handshakeRequest(live, params) };
  if (http) return { carrier: http, request: http };
  if (!params) return undefined;
  return { carrier: made, request: { headers: withSent({}, params) } };
}

/**
 * One for each connection, so that the proof in its first message (RFC 9449) counts as used once for all its
 * operations.
 */
const HANDSHAKES = new WeakMap<
  HttpRequest,
  { readonly params?: Members; readonly request: HttpRequest }
>();

function handshakeRequest(live: HttpRequest, params: Members | undefined): HttpRequest {
  const known = HANDSHAKES.get(live);
  if (known && known.params === params) return known.request;
  const request = madeRequest(live, params);
  HANDSHAKES.set(live, { params, request });
  return request;
}

/**
 * Uses the raw headers. Mercurius adds members of the first message to `headers`, and a foreign page could set
 * `Sec-Fetch-Site` there while the browser sends the cookie.
 */
function madeRequest(live: HttpRequest, params: Members | undefined): HttpRequest {
  const rawHeaders = live.rawHeaders ?? live.raw?.rawHeaders;
  const headers = rawHeaders ? headersOf(rawHeaders) : live.headers;
  const { url, originalUrl, ip, socket, raw } = live;
  return {
    headers: withSent({ ...headers, upgrade: 'websocket' }, params),
    rawHeaders,
    method: 'GET',
    url,
    originalUrl,
    ip,
    socket,
    raw,
  };
}

const SENT = ['authorization', 'dpop'] as const;

/**
 * `authorization` and `dpop` of the first message, in any letter case, or in its `headers`. Two of the same name
 * become a list, which is refused.
 */
function withSent(headers: IncomingHttpHeaders, params: Members | undefined): IncomingHttpHeaders {
  const members = [params, membersOf(params?.['headers'])].flatMap((each) =>
    Object.entries(each ?? {}),
  );
  const all = { ...headers };
  for (const [name, value] of members) {
    const sent = SENT.find((each) => each === name.toLowerCase());
    if (!sent || typeof value !== 'string') continue;
    const there = all[sent];
    all[sent] = there === undefined ? value : `${String(there)}, ${value}`;
  }
  return all;
}

function headersOf(rawHeaders: readonly string[]): IncomingHttpHeaders {
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    const value = rawHeaders[at + 1] as string;
    const there = headers[name];
    headers[name] = there === undefined ? value : there + (name === 'cookie' ? '; ' : ', ') + value;
  }
  return headers;
}

function isHandshake({ headers }: HttpRequest): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

function requestIn(value: unknown): HttpRequest | undefined {
  return membersOf(membersOf(value)?.['headers']) ? (value as HttpRequest) : undefined;
}

function membersOf(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null ? (value as Members) : undefined;
}
