const LOOPBACK_ADDRESS = /^(?:127\.|::1$|::ffff:127\.)/;
const LOOPBACK_NAME = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i;
const FORWARDED = /^(?:x-)?forwarded(?:-|$)|^x-(?:real|client|original)-|^via$/;

export interface LocalRequest {
  readonly socket?: { readonly remoteAddress?: string };
  readonly headers: Readonly<Record<string, unknown>>;
  readonly httpVersion?: string;
  /** Fastify's request wraps node's. */
  readonly raw?: { readonly httpVersion?: string };
}

/**
 * Decided by the socket's address and not by a header. A request through a proxy does not count, because behind a
 * local proxy everybody would be loopback. nginx adds no header by itself and sends its own name for this server as
 * `Host`, but has spoken HTTP/1.0 to it for many years, which no browser does.
 */
export function isDirect({
  socket,
  headers,
  raw,
  httpVersion = raw?.httpVersion,
}: LocalRequest): boolean {
  const isLocal = LOOPBACK_ADDRESS.test(socket?.remoteAddress ?? '') && httpVersion !== '1.0';
  return isLocal && !Object.keys(headers).some((name) => FORWARDED.test(name));
}

/** With a foreign name that resolves to this machine (DNS rebinding), a foreign page could read the answers. */
export function isNamedLoopback({ headers }: LocalRequest): boolean {
  return LOOPBACK_NAME.test(String(headers['host'] ?? ''));
}
