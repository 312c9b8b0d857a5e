import { Inject, Injectable, Optional } from '@nestjs/common';
import { Strategy } from 'passport-jwt';
import { AuthError } from '../../common/auth-error.js';
import { AUTH_INSTANCE, DEFAULT_INSTANCE } from '../../common/instance-token.js';
import type { Principal } from '../../common/principal.js';
import { type AuthenticateOptions, AuthenticateFlow } from '../authenticate.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { HttpRequest } from './adapter.js';
import { isUnsafe, judgeOrigin } from './origin-policy.js';
import { presentedAccessToken, presentedCookie } from './token-extractor.js';

/**
 * A passport-jwt strategy whose verification is Tokenward's: one policy, whoever calls. It registers itself nowhere, so that two modules in
 * one process do not collide; a host that wants passport's own guard calls `passport.use(strategy)`.
 */
@Injectable()
export class JwtStrategy extends Strategy {
  constructor(
    private readonly flow: AuthenticateFlow,
    private readonly options: ResolvedAuthOptions,
    @Optional() @Inject(AUTH_INSTANCE) readonly instance: string = DEFAULT_INSTANCE,
  ) {
    super({ jwtFromRequest: tokenFrom(options), secretOrKeyProvider: refuseKey }, refuseVerify);
  }

  /** Throws `cross_origin`, `token_missing`, `token_refused` or `unavailable`; synchronous while no store has to be asked. */
  authenticateRequest(request: HttpRequest, options?: AuthenticateOptions): Principal | Promise<Principal> {
    const { accessName } = this.options.cookies;
    const cookie = presentedCookie(request, accessName);
    if (
      cookie.kind !== 'none' &&
      isUnsafe(request) &&
      judgeOrigin(request, this.options.origins) === 'cross_origin'
    )
      throw new AuthError('cross_origin', 'an unsafe request with an access cookie');
    return this.flow.authenticate(presentedAccessToken(request, accessName, cookie), options);
  }

  /** For callers that were authenticated before: sockets. */
  recheck(principal: Principal, options?: AuthenticateOptions): Principal | Promise<Principal> {
    return this.flow.recheck(principal, options);
  }

  /** Called by passport on a delegate of this strategy. */
  override authenticate(request: unknown): void {
    const refuse = (error: unknown): void => this.refuse(error);
    try {
      const outcome = this.authenticateRequest(request as HttpRequest);
      if (outcome instanceof Promise) outcome.then((principal) => this.success(principal), refuse);
      else this.success(outcome);
    } catch (error) {
      refuse(error);
    }
  }

  /** A failure is a token that is not accepted; a store that is down is an error, never a failure. */
  private refuse(error: unknown): void {
    if (error instanceof AuthError && error.getStatus() === 401)
      this.fail(error.headers['WWW-Authenticate'], 401);
    else this.error(error as Error);
  }
}

function tokenFrom({ cookies }: ResolvedAuthOptions): (request: HttpRequest) => string | null {
  return (request) => {
    const presented = presentedAccessToken(request, cookies.accessName);
    return presented.kind === 'token' ? presented.value : null;
  };
}

/** passport-jwt asks for both; `authenticate` above never comes to them. */
function refuseKey(_request: unknown, _token: unknown, done: (error: Error) => void): void {
  done(new AuthError('token_refused', 'passport-jwt verifies nothing here'));
}

function refuseVerify(_payload: unknown, done: (error: Error) => void): void {
  done(new AuthError('token_refused', 'passport-jwt verifies nothing here'));
}
