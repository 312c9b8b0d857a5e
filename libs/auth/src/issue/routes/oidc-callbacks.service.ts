import { Injectable, Logger } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { isLoopbackHost } from '../../common/loopback.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { type HttpRequest, parameterOf } from '../../verify/http/adapter.js';
import { ownOrigin } from '../../verify/http/origin-policy.js';
import { FactorMethods } from '../factors/factor-methods.js';
import { urlOf } from './oidc-url.js';

/** The URL to which a provider sends the browser back. */
@Injectable()
export class OidcCallbacks {
  private readonly logger = new Logger('Tokenward');
  private noticed: 'not yet' | 'said' = 'not yet';

  constructor(
    private readonly methods: FactorMethods,
    private readonly options: ResolvedAuthOptions,
  ) {}

  /**
   * Taken from configuration, because the sender chooses `Host`. On loopback the request's own URL is accepted, for
   * development. Throws `provider_not_found`; if the provider is configured, the log says once which option is missing.
   */
  of(request: HttpRequest): string {
    const provider = parameterOf(request, 'provider');
    const { method } = this.methods.needProvider(provider);
    const base = method.publicUrl ?? this.baseOf(request);
    if (base !== undefined) return `${base}/oidc/${provider}/callback`;
    this.notice();
    throw new AuthError(
      'provider_not_found',
      'oidc.publicUrl is missing, and the request is not for loopback',
    );
  }

  private baseOf(request: HttpRequest): string | undefined {
    const origin = ownOrigin(request, this.options.origins.trustProxy);
    if (origin === undefined || !isLoopbackHost(new URL(origin).hostname)) return undefined;
    const { pathname } = urlOf(request);
    return origin + pathname.slice(0, Math.max(pathname.lastIndexOf('/oidc/'), 0));
  }

  /** Only once, because anybody can send any `Host`. */
  private notice(): void {
    if (this.noticed === 'said') return;
    this.noticed = 'said';
    this.logger.warn(
      'oidc.publicUrl is missing, and a sign-in at a provider was requested at a host other than loopback: it is answered 404. Set the option to the URL of the auth routes as browsers see it, for example https://app.example.com/auth.',
    );
  }
}
