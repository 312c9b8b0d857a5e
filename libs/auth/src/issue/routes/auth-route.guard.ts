import { type CanActivate, type ExecutionContext, Injectable, Logger } from '@nestjs/common';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import {
  type HttpRequest,
  type HttpResponse,
  protocolOf,
  setHeader,
} from '../../verify/http/adapter.js';
import { CookiePath } from './cookie-path.service.js';
import { ProxyTrust } from './proxy-trust.service.js';

/**
 * The first guard of Tokenward's own routes. It keeps their answers out of caches and warns of plain HTTP in
 * production.
 */
@Injectable()
export class AuthRouteGuard implements CanActivate {
  private readonly logger = new Logger('Tokenward');
  private noticed: 'not yet' | 'said' = 'not yet';

  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly cookiePath: CookiePath,
    private readonly proxyTrust: ProxyTrust,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    setHeader(http.getResponse<HttpResponse>(), 'Cache-Control', 'no-store');
    this.noticePlainHttp(http.getRequest<HttpRequest>());
    this.cookiePath.notice(http.getRequest<HttpRequest>());
    this.proxyTrust.notice(http.getRequest<HttpRequest>());
    return true;
  }

  /**
   * Warns once. Over plain HTTP a browser drops the Secure cookies, and anybody on the network path can read the
   * tokens.
   */
  private noticePlainHttp(request: HttpRequest): void {
    const { cookies, origins } = this.options;
    if (this.noticed === 'said' || process.env['NODE_ENV'] !== 'production' || !cookies.secure)
      return;
    if (protocolOf(request, origins.trustProxy) === 'https') return;
    this.noticed = 'said';
    this.logger.warn(
      'A sign-in route was called over plain HTTP, but its cookies are Secure and its tokens need TLS. Serve HTTPS. If a proxy in front already does, set origins.trustProxy.',
    );
  }
}
