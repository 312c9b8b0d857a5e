const LOOPBACK_ADDRESS = /^(?:127\.|::1$|::ffff:127\.)/;
const LOOPBACK_NAME = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i;
const FORWARDED = /^(?:x-)?forwarded(?:-|$)|^x-(?:real|client|original)-|^via$/;

export interface LocalRequest {
  readonly socket?: { readonly remoteAddress?: string };
  readonly headers: Readonly<Record<string, unknown>>;
}

/** By the socket's address, not by what a header claims. Behind a proxy on this machine everybody would be loopback. */
export function isDirect({ socket, headers }: LocalRequest): boolean {
  const isLocal = LOOPBACK_ADDRESS.test(socket?.remoteAddress ?? '');
  return isLocal && !Object.keys(headers).some((name) => FORWARDED.test(name));
}

/** A name of somebody else's that leads to this machine (DNS rebinding) lets a page of theirs read what is answered. */
export function isNamedLoopback({ headers }: LocalRequest): boolean {
  return LOOPBACK_NAME.test(String(headers['host'] ?? ''));
}
