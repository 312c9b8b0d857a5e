import { request as sendPlain, type IncomingMessage } from 'node:http';
import { request as sendTls } from 'node:https';
import { cookieJar, type CookieJar } from './cookie-jar.js';

/** A list sends the header that many times. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[]>>;

export interface RequestOptions {
  readonly headers?: RequestHeaders;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent unchanged; set the content type yourself. */
  readonly body?: string | Buffer;
  /** `omit`: the jar is not read or written. Default `include`. */
  readonly cookies?: 'include' | 'omit';
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names; repeated headers joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Every Set-Cookie line, unchanged. */
  readonly setCookies: readonly string[];
  readonly text: string;
  /** The parsed JSON; throws if the body is not JSON. */
  json<T = Record<string, unknown>>(): T;
}

export interface HttpClient {
  readonly jar: CookieJar;
  readonly baseUrl: string;
  request(method: string, path: string, options?: RequestOptions): Promise<HttpAnswer>;
  get(path: string, options?: RequestOptions): Promise<HttpAnswer>;
  post(path: string, json?: unknown, options?: RequestOptions): Promise<HttpAnswer>;
  patch(path: string, json?: unknown, options?: RequestOptions): Promise<HttpAnswer>;
  delete(path: string, options?: RequestOptions): Promise<HttpAnswer>;
  /** A client with a copy of the jar, like a second tab or a thief. */
  copy(): HttpClient;
}

/** `node:http` rather than fetch: fetch joins repeated headers and adds some of its own. */
export function httpClient(baseUrl: string, jar: CookieJar = cookieJar()): HttpClient {
  const request: HttpClient['request'] = async (method, path, options = {}) => {
    const url = new URL(path, baseUrl);
    const withCookies = options.cookies !== 'omit';
    const cookie = withCookies ? jar.header(url.pathname) : undefined;
    const body = options.json === undefined ? options.body : JSON.stringify(options.json);
    const headers = {
      ...(cookie === undefined ? {} : { cookie }),
      ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      ...lowerCase(options.headers),
    };
    const answer = await exchange(url, { method, headers, signal: options.signal }, body);
    if (withCookies) jar.store(answer.setCookies);
    return answer;
  };
  return {
    jar,
    baseUrl,
    request,
    get: (path, options) => request('GET', path, options),
    post: (path, json, options) => request('POST', path, { json, ...options }),
    patch: (path, json, options) => request('PATCH', path, { json, ...options }),
    delete: (path, options) => request('DELETE', path, options),
    copy: () => httpClient(baseUrl, jar.copy()),
  };
}

interface Exchange {
  readonly method: string;
  readonly headers: Record<string, string | string[]>;
  readonly signal: AbortSignal | undefined;
}

function exchange(
  url: URL,
  options: Exchange,
  body: string | Buffer | undefined,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const take = (incoming: IncomingMessage): void => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => resolve(toAnswer(incoming, Buffer.concat(chunks).toString())));
    };
    const outgoing =
      url.protocol === 'https:'
        ? // a certificate that the test made
          sendTls(url, { ...options, rejectUnauthorized: false }, take)
        : sendPlain(url, options, take);
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function toAnswer(incoming: IncomingMessage, text: string): HttpAnswer {
  const headers = Object.entries(incoming.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ]);
  return {
    status: incoming.statusCode ?? 0,
    headers: Object.fromEntries(headers) as Record<string, string>,
    setCookies: incoming.headers['set-cookie'] ?? [],
    text,
    json: <T>() => JSON.parse(text) as T,
  };
}

function lowerCase(headers: RequestHeaders = {}): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      typeof value === 'string' ? value : [...value],
    ]),
  );
}
