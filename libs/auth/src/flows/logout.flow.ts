import { Injectable } from '@nestjs/common';
import { AuthEventPublisher } from '../events/auth-event-publisher.service.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { SessionService } from '../sessions/session.service.js';
import { SessionStore } from '../sessions/session.store.js';
import { AccessTokenVerifier } from '../tokens/access-token-verifier.service.js';

export interface LogoutInput {
  readonly accessTokens: readonly string[];
  readonly refreshTokens: readonly string[];
}

/** Ends every session that a presented token names; throws `unavailable` when that cannot be made durable. */
@Injectable()
export class LogoutFlow {
  constructor(
    private readonly verifier: AccessTokenVerifier,
    private readonly sessions: SessionService,
    private readonly store: SessionStore,
    private readonly revocations: RevocationService,
    private readonly events: AuthEventPublisher,
  ) {}

  async logout(input: LogoutInput): Promise<void> {
    for (const sessionId of this.named(input)) {
      const ended = await this.store.endOne(sessionId, 'logout');
      if (!ended) continue;
      await this.revocations.announce(ended.entries);
      this.events.publish({ type: 'session.ended', sessionId, reason: 'logout' });
    }
  }

  private named({ accessTokens, refreshTokens }: LogoutInput): ReadonlySet<string> {
    const named = new Set<string>();
    for (const token of accessTokens) {
      const outcome = this.verifier.verify(token, { expiry: 'ignored' });
      if (outcome.kind === 'accepted') named.add(outcome.principal.sessionId);
    }
    for (const token of refreshTokens) {
      const opened = this.sessions.inspect(token);
      if (opened.kind === 'genuine') named.add(opened.sessionId);
    }
    return named;
  }
}
