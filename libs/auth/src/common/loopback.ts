const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether a host name, as `URL` has it, is this machine. Traffic that never leaves it needs no TLS (RFC 8252, section
 * 8.3).
 */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK.has(hostname) || hostname.endsWith('.localhost');
}
