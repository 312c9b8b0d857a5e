import type { IncomingHttpHeaders } from 'node:http';
import { addressOf } from '../../common/address.js';
import type { ClientContext } from '../../common/principal.js';

/**
 * The members of a request that Tokenward reads. Express 5, Fastify 5, node's own requests and their test doubles all
 * have them.
 */
export interface HttpRequest {
  readonly headers: IncomingHttpHeaders;
  /** Names and values as they came, alternating. Shows repeated headers that node merges. */
  readonly rawHeaders?: readonly string[];
  readonly method?: string;
  readonly url?: string;
  /** The original URL, if the adapter or an outer router changed `url`. */
  readonly originalUrl?: string;
  readonly body?: unknown;
  /** Parameters of the path, decoded. */
  readonly params?: Readonly<Record<string, string | undefined>>;
  /** The client's address by the host's own `trust proxy`. */
  readonly ip?: string;
  readonly socket?: { readonly encrypted?: boolean; readonly remoteAddress?: string };
  /** Fastify's request wraps node's. */
  readonly raw?: Pick<HttpRequest, 'rawHeaders' | 'socket'>;
}

/** Node's response (Express) or Fastify's reply. */
export type HttpResponse = NodeResponse | FastifyResponse;

type HeaderValue = string | number | readonly string[];

interface NodeResponse {
  /** Express adds it. */
  readonly req?: HttpRequest;
  getHeader(name: string): HeaderValue | undefined;
  setHeader(name: string, value: HeaderValue): unknown;
  /** Missing in a test double. */
  writeHead?(statusCode: number, ...more: readonly unknown[]): unknown;
}

interface FastifyResponse {
  readonly request?: HttpRequest;
  header(name: string, value: HeaderValue): unknown;
  readonly raw: NodeResponse & { removeHeader(name: string): void };
}

/**
 * Every value sent under a name (lower case). Node drops or joins repeated headers, but the raw list still has them.
 */
export function headerValues(request: HttpRequest, name: string): readonly string[] {
  const value = request.headers[name];
  if (value === undefined) return [];
  const raw = request.rawHeaders ?? request.raw?.rawHeaders;
  let found = 0;
  for (let at = 0; raw && at + 1 < raw.length; at += 2)
    if (isNamed(raw[at] as string, name)) found += 1;
  if (raw && found > 1)
    return raw.filter((_, at) => at % 2 === 1 && isNamed(raw[at - 1] as string, name));
  // not the raw value, because a middleware of the host may have replaced it
  return typeof value === 'string' ? [value] : value;
}

function isNamed(header: string, name: string): boolean {
  return header.length === name.length && (header === name || header.toLowerCase() === name);
}

/** A parameter of the path; empty if the route has none with that name. */
export function parameterOf(request: HttpRequest, name: string): string {
  return request.params?.[name] ?? '';
}

/** The first value in a forwarded header, which the outermost proxy wrote. */
export function forwardedValue(request: HttpRequest, name: string): string | undefined {
  return headerValues(request, name)[0]?.split(',', 1)[0]?.trim() || undefined;
}

/** `X-Forwarded-<name>`, or else the parameter of `Forwarded` (RFC 7239), if the option trusts the proxy. */
function forwarded(
  request: HttpRequest,
  name: 'proto' | 'host',
  trustProxy: boolean,
): string | undefined {
  if (!trustProxy) return undefined;
  const own = forwardedValue(request, `x-forwarded-${name}`);
  if (own) return own;
  const parameters = forwardedValue(request, 'forwarded')?.split(';') ?? [];
  for (const parameter of parameters) {
    const [key = '', value = ''] = parameter.split('=', 2);
    if (key.trim().toLowerCase() === name)
      return value.trim().replace(/^"(.*)"$/, '$1') || undefined;
  }
  return undefined;
}

/** `http` or `https` of the connection. Forwarded headers count only if the option trusts the proxy. */
export function protocolOf(request: HttpRequest, trustProxy: boolean): string {
  const scheme = forwarded(request, 'proto', trustProxy)?.toLowerCase();
  // some proxies send the scheme of a WebSocket
  if (scheme) return scheme.replace(/^ws(?=s?$)/, 'http');
  const socket = request.raw?.socket ?? request.socket;
  return socket?.encrypted ? 'https' : 'http';
}

/** Host and port that the client asked for. */
export function hostOf(request: HttpRequest, trustProxy: boolean): string | undefined {
  const host = forwarded(request, 'host', trustProxy);
  return host ?? headerValues(request, 'host')[0] ?? headerValues(request, ':authority')[0];
}

/** The request of a response; undefined for a test double. */
export function requestBehind(response: HttpResponse): HttpRequest | undefined {
  return 'setHeader' in response ? response.req : response.request;
}

export function setHeader(response: HttpResponse, name: string, value: string): void {
  if ('setHeader' in response) response.setHeader(name, value);
  else response.header(name, value);
}

/**
 * Adds the headers of a refusal when the response goes out with its status, whichever filter answers; Express's last
 * resort would remove any that were set before. A guard of the host that catches the refusal and lets the request in
 * has none of them. What the host has set stays, but no cache may keep a refusal.
 */
export function headersWhenRefused(
  response: HttpResponse | undefined,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  const node = response && ('raw' in response ? response.raw : response);
  const { writeHead } = node ?? {};
  if (!node || !writeHead) return;
  node.writeHead = (statusCode, ...more) => {
    node.writeHead = writeHead;
    if (statusCode === status)
      for (const [name, value] of Object.entries(headers))
        if (name === 'Cache-Control') {
          // Fastify passes its own headers to `writeHead`, and these win; but not with a stream
          setHeader(response, name, value);
          node.setHeader(name, value);
        } else if (node.getHeader(name) === undefined) node.setHeader(name, value);
    return writeHead.call(node, statusCode, ...more);
  };
}

/** Adds to the host's own cookies and never replaces them. */
export function appendSetCookies(response: HttpResponse, lines: readonly string[]): void {
  if ('setHeader' in response) {
    response.setHeader('Set-Cookie', [...listOf(response.getHeader('Set-Cookie')), ...lines]);
    return;
  }
  // Fastify would overwrite cookies that a node middleware set on the raw response
  const early = listOf(response.raw.getHeader('set-cookie'));
  response.raw.removeHeader('set-cookie');
  // Fastify appends this one header by itself
  response.header('set-cookie', [...early, ...lines]);
}

function listOf(value: HeaderValue | undefined): readonly string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [String(value)];
}

/**
 * A text that is not an address (a forged `X-Forwarded-For`) is left out, because it would not fit Postgres's `inet`.
 */
export function clientOf(request: HttpRequest): ClientContext {
  const userAgent = request.headers['user-agent']?.slice(0, 512);
  return { ip: clientAddress(request), userAgent: userAgent || undefined };
}

/**
 * As the adapter tells it. No adapter does so for the handshake of a socket, and without an address the limits would
 * count all sockets as one client: there it is the address of the connection.
 */
export function clientAddress({ ip, raw, socket }: HttpRequest): string | undefined {
  return addressOf(ip ?? (raw?.socket ?? socket)?.remoteAddress);
}
