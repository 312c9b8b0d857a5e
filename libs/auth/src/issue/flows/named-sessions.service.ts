import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { AccessTokenVerifier } from '../../verify/tokens/access-token-verifier.service.js';

/** The sessions that access tokens name which are valid or have only expired; whether they were revoked does not matter. */
@Injectable()
export class NamedSessions {
  constructor(
    private readonly verifier: AccessTokenVerifier,
    private readonly events: AuthEventPublisher,
  ) {}

  /**
   * A sibling subdomain can plant a refresh cookie of its own account, not so well an access cookie beside it (not at all one with the prefix
   * `__Host-`): where the two name two sessions the person would go on as somebody else. Throws `token_refused`.
   */
  async refuseOther(
    sessionId: string,
    accessCookies: readonly string[] = [],
    { ip }: ClientContext,
  ): Promise<void> {
    if ([...(await this.of(accessCookies))].every((each) => each === sessionId)) return;
    this.events.publish({ type: 'refresh.refused', reason: 'mismatch', sessionId, ip });
    throw new AuthError('token_refused', 'the refresh cookie is of another session than the access cookie', {
      cookies: 'keep',
    });
  }

  async of(accessTokens: readonly string[]): Promise<ReadonlySet<string>> {
    const named = new Set<string>();
    for (const token of accessTokens) {
      const outcome = await this.verifier.verifyAny(token, { expiry: 'ignored', keyBound: 'told' });
      // an old token of another set-up has no session
      if (outcome.kind === 'accepted' && outcome.principal.legacy === undefined)
        named.add(outcome.principal.sessionId);
    }
    return named;
  }
}
