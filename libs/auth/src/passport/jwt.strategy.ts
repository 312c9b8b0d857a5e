import { Strategy } from 'passport-jwt';
import { AuthError } from '../common/auth-error.js';
import type { HttpRequest } from '../verify/http/adapter.js';
import type { RequestAuthenticator } from '../verify/http/request-authenticator.service.js';

/**
 * A passport-jwt strategy that verifies with Tokenward, so that every caller gets the same policy.
 * For `passport.authenticate('jwt')` and `AuthGuard(['jwt', 'local'])`. Under `AuthGuard('jwt')`
 * alone `JwtAuthGuard` answers, because it also knows the route.
 */
export class JwtStrategy extends Strategy {
  constructor(
    private readonly authenticatorOf: (request: object) => RequestAuthenticator,
    override readonly name = 'jwt',
  ) {
    super({ jwtFromRequest: () => null, secretOrKeyProvider: refuseKey }, refuseVerify);
  }

  /** Passport calls it on a delegate of this strategy. */
  override authenticate(request: object): void {
    const refuse = (error: unknown): void => this.refuse(error);
    try {
      const outcome = this.authenticatorOf(request).authenticate(request as HttpRequest);
      if (outcome instanceof Promise) outcome.then((principal) => this.success(principal), refuse);
      else this.success(outcome);
    } catch (error) {
      refuse(error);
    }
  }

  /**
   * A refused token is a failure, and passport asks the next strategy. A store that does not answer
   * is an error.
   */
  private refuse(error: unknown): void {
    if (error instanceof AuthError && error.getStatus() === 401)
      this.fail(error.headers['WWW-Authenticate'], 401);
    else this.error(error as Error);
  }
}

/** passport-jwt requires both functions; `authenticate` above never calls them. */
function refuseKey(_request: unknown, _token: unknown, done: (error: Error) => void): void {
  done(new AuthError('token_refused', 'passport-jwt verifies nothing here'));
}

function refuseVerify(_payload: unknown, done: (error: Error) => void): void {
  done(new AuthError('token_refused', 'passport-jwt verifies nothing here'));
}
