import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { headerValues, hostOf, type HttpRequest, protocolOf } from './adapter.js';

export type OriginVerdict = 'passes' | 'cross_origin';

type OriginSettings = ResolvedAuthOptions['origins'];

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
/** Scheme and authority, nothing else: `https://app.example.com:8443`, `capacitor://localhost`. */
const SERIALISED_ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@\\,]+$/i;
const HOST = /^[a-z0-9._\-:[\]]+$/i;

/**
 * RFC 9110, section 9.2.1. An unknown method is unsafe. So is the GET that opens a socket, because the same-origin
 * policy does not apply to its messages.
 */
export function isUnsafe(request: HttpRequest): boolean {
  return (
    !SAFE_METHODS.has(request.method ?? 'POST') ||
    request.headers.upgrade?.toLowerCase() === 'websocket'
  );
}

/** Whether a request passes that a browser may have sent for another site (contract, section 4). */
export function judgeOrigin(request: HttpRequest, settings: OriginSettings): OriginVerdict {
  const origins = headerValues(request, 'origin');
  if (origins.length === 1 && isOurs(origins[0] as string, request, settings)) return 'passes';
  // a page cannot set it: `Sec-` names are forbidden to scripts (Fetch, section 2.2.2)
  const sites = headerValues(request, 'sec-fetch-site');
  if (sites.length > 0) {
    const [site] = sites;
    return sites.length === 1 && (site === 'same-origin' || site === 'none')
      ? 'passes'
      : 'cross_origin';
  }
  return origins.length === 0 ? 'passes' : 'cross_origin';
}

function isOurs(
  sent: string,
  request: HttpRequest,
  { trusted, trustProxy }: OriginSettings,
): boolean {
  const origin = normaliseOrigin(sent);
  return origin !== undefined && (trusted.has(origin) || origin === ownOrigin(request, trustProxy));
}

/** Scheme, host and port that the request itself was sent to. */
export function ownOrigin(request: HttpRequest, trustProxy: boolean): string | undefined {
  const host = hostOf(request, trustProxy);
  if (!host || !HOST.test(host)) return undefined;
  return normaliseOrigin(`${protocolOf(request, trustProxy)}://${host}`);
}

/**
 * Lower case, without a default port (RFC 6454, section 6.2). Undefined for `null` and any text that is not an origin.
 */
export function normaliseOrigin(text: string): string | undefined {
  if (!SERIALISED_ORIGIN.test(text) || !URL.canParse(text)) return undefined;
  const { origin } = new URL(text);
  // schemes the URL standard does not know (`capacitor:`) have the opaque origin `null`
  return origin === 'null' ? text.toLowerCase() : origin;
}
