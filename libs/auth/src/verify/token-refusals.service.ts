import { Injectable } from '@nestjs/common';
import { AuthError } from '../common/auth-error.js';
import type { Principal } from '../common/principal.js';
import type { DpopChallenge } from '../common/refusals.js';
import { AuthEventPublisher } from '../observe/auth-event-publisher.service.js';
import { RefusalLog } from './refusal-log.service.js';

/** Makes the error of a token that is refused, after the refusal was counted, published and logged. */
@Injectable()
export class TokenRefusals {
  /** How many tokens were refused, by private reason; for metrics. */
  readonly counts = new Map<string, number>();

  constructor(
    private readonly events?: AuthEventPublisher,
    private readonly log?: RefusalLog,
  ) {}

  refused(reason: string, principal?: Principal, dpop?: DpopChallenge): AuthError {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
    // an id of another issuer may equal one of ours, and must not be reported as that user
    const of = principal?.issuer === undefined &&
      principal && { userId: principal.id, sessionId: principal.sessionId };
    this.events?.publish({ type: 'token.refused', reason, ...of });
    this.log?.note(reason);
    return new AuthError('token_refused', reason, { dpop });
  }
}
