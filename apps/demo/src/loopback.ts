const LOOPBACK_ADDRESS = /^(?:127\.|::1$|::ffff:127\.)/;
const LOOPBACK_NAME = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i;
const FORWARDED = /^(?:x-)?forwarded(?:-|$)|^x-(?:real|client|original)-|^via$/;

export interface LocalRequest {
  readonly socket?: { readonly remoteAddress?: string };
  readonly headers: Readonly<Record<string, unknown>>;
}

/**
 * Decided by the socket's address and not by a header. A request through a proxy does not count, because behind a
 * local proxy everybody would be loopback.
 */
export function isDirect({ socket, headers }: LocalRequest): boolean {
  const isLocal = LOOPBACK_ADDRESS.test(socket?.remoteAddress ?? '');
  return isLocal && !Object.keys(headers).some((name) => FORWARDED.test(name));
}

/** With a foreign name that resolves to this machine (DNS rebinding), a foreign page could read the answers. */
export function isNamedLoopback({ headers }: LocalRequest): boolean {
  return LOOPBACK_NAME.test(String(headers['host'] ?? ''));
}
