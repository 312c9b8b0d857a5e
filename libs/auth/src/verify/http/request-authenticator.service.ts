import { Inject, Injectable, Optional } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import { AUTH_INSTANCE, DEFAULT_INSTANCE } from '../../common/instance-token.js';
import type { Principal } from '../../common/principal.js';
import { type AuthenticateOptions, AuthenticateFlow } from '../authenticate.js';
import type { PresentedToken } from '../presented-token.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { HttpRequest } from './adapter.js';
import { isUnsafe, judgeOrigin } from './origin-policy.js';
import { presentedAccessToken, presentedCookie } from './token-extractor.js';

/**
 * Authenticates a request, by one policy for `JwtAuthGuard` and for passport, on every transport. Each instance of
 * the module has its own.
 */
@Injectable()
export class RequestAuthenticator {
  constructor(
    private readonly flow: AuthenticateFlow,
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
    @Optional() @Inject(AUTH_INSTANCE) readonly instance: string = DEFAULT_INSTANCE,
  ) {}

  /**
   * Throws `cross_origin`, `token_missing`, `token_refused` or `unavailable`; synchronous if no store must be asked.
   */
  authenticate(
    request: HttpRequest,
    options?: AuthenticateOptions,
  ): Principal | Promise<Principal> {
    return this.flow.authenticate(this.presented(request), options, request);
  }

  /**
   * As `authenticate`, but a request without a token is accepted, without a caller. A token that is not accepted is
   * still refused.
   */
  authenticateIfPresented(
    request: HttpRequest,
    options?: AuthenticateOptions,
  ): Principal | 'nobody' | Promise<Principal> {
    const presented = this.presented(request);
    return presented.kind === 'none'
      ? 'nobody'
      : this.flow.authenticate(presented, options, request);
  }

  private presented(request: HttpRequest): PresentedToken {
    const { accessName, refreshName } = this.options.cookies;
    const cookie = presentedCookie(request, accessName);
    if (isUnsafe(request)) {
      // a browser may have added either cookie by itself, whatever it contains
      const rides = cookie.kind !== 'none' || presentedCookie(request, refreshName).kind !== 'none';
      if (rides && judgeOrigin(request, this.options.origins) === 'cross_origin')
        throw new AuthError('cross_origin', 'an unsafe request with a cookie');
    }
    return presentedAccessToken(
      request,
      accessName,
      cookie,
      this.options.dpop ? 'read' : 'ignored',
    );
  }

  /** For callers that were authenticated before: sockets. */
  recheck(principal: Principal, options?: AuthenticateOptions): Principal | Promise<Principal> {
    return this.flow.recheck(principal, options);
  }

  /**
   * The error for a guard to throw. If resource metadata is configured, its 401 contains the URL (RFC 9728, section
   * 5.1).
   */
  challenged(error: unknown): unknown {
    const resourceMetadata = this.options.discovery.resource?.metadataUrl;
    if (
      resourceMetadata === undefined ||
      !(error instanceof AuthError) ||
      error.getStatus() !== 401
    )
      return error;
    return new AuthError(error.reason, error.detail, { ...error.extra, resourceMetadata });
  }

  /** The time of the instance's own clock, for requirements that depend on time. */
  now(): number {
    return this.clock.now();
  }
}
