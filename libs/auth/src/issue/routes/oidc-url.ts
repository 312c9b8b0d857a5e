import { AuthError } from '../../common/auth-error.js';
import { isLoopbackHost } from '../../common/loopback.js';
import type { HttpRequest } from '../../verify/http/adapter.js';
import { ownOrigin } from '../../verify/http/origin-policy.js';

/** What of a request Tokenward reads beside headers and body. */
export function urlOf(request: HttpRequest): URL {
  return new URL(request.originalUrl ?? request.url ?? '/', 'http://here.invalid');
}

/**
 * Where a provider sends the browser back. From configuration: `Host` is the sender's to choose. On loopback it may be the request's, for
 * development. Throws `configuration_invalid`.
 */
export function callbackOf(
  provider: string,
  request: HttpRequest,
  { publicUrl, trustProxy }: { readonly publicUrl: string | undefined; readonly trustProxy: boolean },
): string {
  const base = publicUrl ?? ofRequest(request, trustProxy);
  if (base === undefined)
    throw AuthError.configuration(
      'oidc.publicUrl',
      'is missing, and the request did not come to loopback: name the auth routes as browsers see them, https://app.example.com/auth say',
    );
  return `${base}/oidc/${provider}/callback`;
}

function ofRequest(request: HttpRequest, trustProxy: boolean): string | undefined {
  const origin = ownOrigin(request, trustProxy);
  if (origin === undefined || !isLoopbackHost(new URL(origin).hostname)) return undefined;
  const { pathname } = urlOf(request);
  return origin + pathname.slice(0, Math.max(pathname.lastIndexOf('/oidc/'), 0));
}
