import { Injectable } from '@nestjs/common';
import type { Principal } from '../../common/principal.js';
import { AccessTokenVerifier } from '../../verify/tokens/access-token-verifier.service.js';

export interface Named {
  readonly sessionIds: ReadonlySet<string>;
  /** Old tokens of another set-up: they have no session. */
  readonly legacy: readonly Principal[];
}

/** What access tokens name that are valid or have only expired; whether they were revoked does not matter. */
@Injectable()
export class NamedSessions {
  constructor(private readonly verifier: AccessTokenVerifier) {}

  async of(accessTokens: readonly string[]): Promise<Named> {
    const sessionIds = new Set<string>();
    const legacy: Principal[] = [];
    for (const token of accessTokens) {
      const outcome = await this.verifier.verifyAny(token, { expiry: 'ignored' });
      if (outcome.kind === 'refused') continue;
      if (outcome.principal.legacy === undefined) sessionIds.add(outcome.principal.sessionId);
      else legacy.push(outcome.principal);
    }
    return { sessionIds, legacy };
  }
}
