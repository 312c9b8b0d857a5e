import { Injectable } from '@nestjs/common';
import { askHost } from '../../common/ask-host.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { OpeningSession } from '../../options/session-hooks.js';
import type { CustomClaims } from '../../verify/tokens/custom-claims.js';
import { TokenGrants } from '../tokens/token-grants.service.js';
import { type OpeningLimits, SessionLimiter } from './session-limits.service.js';

/** What the host's hooks (`sessions.limits`, `sessions.claims`) answer about a session that opens. */
@Injectable()
export class SessionHooks {
  constructor(
    private readonly limiter: SessionLimiter,
    private readonly grants: TokenGrants,
    private readonly options: ResolvedAuthOptions,
  ) {}

  /** Throws like `SessionLimiter.limitsOf`. */
  limitsOf(opening: OpeningSession): Promise<OpeningLimits> {
    return this.limiter.limitsOf(opening);
  }

  /**
   * The claims of the login hook, overridden by those that the session is opened with; undefined
   * for none. Throws `unavailable` if the hook fails or is late.
   */
  async claimsOf(
    opening: OpeningSession,
    given: CustomClaims | undefined,
  ): Promise<CustomClaims | undefined> {
    const { claims: hook } = this.options.sessions;
    if (!hook) return given;
    const answer = await askHost('sessions.claims', this.options.storeDeadlineMs, () =>
      hook(opening),
    );
    return { ...this.grants.sessionClaims(answer), ...given };
  }
}
