import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { AccessTokenVerifier } from '../../verify/tokens/access-token-verifier.service.js';

/**
 * Reads the sessions that access tokens name. A token counts if it is valid or has only expired, whether it was revoked
 * or not.
 */
@Injectable()
export class NamedSessions {
  constructor(
    private readonly verifier: AccessTokenVerifier,
    private readonly events: AuthEventPublisher,
  ) {}

  /**
   * A sibling subdomain can plant a refresh cookie of another account, but hardly an access cookie (one with the prefix
   * `__Host-` not at all). Where the two cookies name two sessions, a refresh would continue as somebody else: throws
   * `token_refused`.
   */
  async refuseOther(
    sessionId: string,
    accessCookies: readonly string[] = [],
    { ip }: ClientContext,
  ): Promise<void> {
    if ([...(await this.of(accessCookies))].every((each) => each === sessionId)) return;
    this.events.publish({ type: 'refresh.refused', reason: 'mismatch', sessionId, ip });
    throw new AuthError(
      'token_refused',
      'the refresh cookie is of another session than the access cookie',
      {
        cookies: 'keep',
      },
    );
  }

  async of(accessTokens: readonly string[]): Promise<ReadonlySet<string>> {
    const named = new Set<string>();
    for (const token of accessTokens) {
      const outcome = await this.verifier.verifyAny(token, { expiry: 'ignored', keyBound: 'told' });
      // a legacy token (`accessToken.legacy`) has no session
      if (outcome.kind === 'accepted' && outcome.principal.legacy === undefined)
        named.add(outcome.principal.sessionId);
    }
    return named;
  }
}
