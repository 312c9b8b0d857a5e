import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext, Principal } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { AccessTokenVerifier } from '../../verify/tokens/access-token-verifier.service.js';

export interface Named {
  readonly sessionIds: ReadonlySet<string>;
  /** Old tokens of another set-up: they have no session. */
  readonly legacy: readonly Principal[];
}

/** What access tokens name that are valid or have only expired; whether they were revoked does not matter. */
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
    const { sessionIds } = await this.of(accessCookies);
    if ([...sessionIds].every((each) => each === sessionId)) return;
    this.events.publish({ type: 'refresh.refused', reason: 'mismatch', sessionId, ip });
    throw new AuthError('token_refused', 'the refresh cookie is of another session than the access cookie', {
      cookies: 'keep',
    });
  }

  async of(accessTokens: readonly string[]): Promise<Named> {
    const sessionIds = new Set<string>();
    const legacy: Principal[] = [];
    for (const token of accessTokens) {
      const outcome = await this.verifier.verifyAny(token, { expiry: 'ignored', keyBound: 'told' });
      if (outcome.kind === 'refused') continue;
      if (outcome.principal.legacy === undefined) sessionIds.add(outcome.principal.sessionId);
      else legacy.push(outcome.principal);
    }
    return { sessionIds, legacy };
  }
}
