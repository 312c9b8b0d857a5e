import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { Principal } from '../../common/principal.js';
import {
  type CredentialAnswer,
  CredentialProof,
  type ProvenCredential,
} from '../factors/credential-proof.service.js';
import type { CeremonyContext } from '../factors/passkey-ceremonies.service.js';
import { Announcer } from '../sessions/announcer.service.js';
import type { RetryKey } from '../sessions/retry-key.js';
import { SessionAccess } from '../sessions/session-access.service.js';
import { SessionService } from '../sessions/session.service.js';
import type { IssuedTokens } from '../tokens/issued-tokens.js';

export interface ReauthenticateInput extends CredentialAnswer {
  /** Must be the session's current one when given. */
  readonly refreshToken?: string;
  /** The signed device id that came along. */
  readonly device?: string;
  /** The `Idempotency-Key`, by which a repeat of this request is recognised. */
  readonly key?: RetryKey;
}

/** A credential once more → the same session with a fresh `auth_time` and `amr`, and a new refresh token. */
@Injectable()
export class ReauthenticateFlow {
  constructor(
    private readonly credentials: CredentialProof,
    private readonly sessions: SessionService,
    private readonly access: SessionAccess,
    private readonly announcer: Announcer,
    private readonly clock: Clock,
  ) {}

  reauthenticate(
    principal: Principal,
    input: ReauthenticateInput,
    context: CeremonyContext,
  ): Promise<IssuedTokens> {
    return this.credentials.prove(principal, input, context, (proven) =>
      this.renew(principal, input, proven),
    );
  }

  private async renew(
    { id, sessionId }: Principal,
    { refreshToken: presented, key }: ReauthenticateInput,
    { account, subject: expected, amr, spend }: ProvenCredential,
  ): Promise<IssuedTokens> {
    const asOfMs = this.clock.now();
    await this.access.rehearse(sessionId, account, asOfMs);
    const authTime = new Date(asOfMs);
    const outcome = await this.sessions.reauthenticated(
      { sessionId, subject: id, expected, amr, authTime, presented, key },
      spend,
    );
    if (outcome.kind === 'superseded')
      throw new AuthError('token_refused', 'the session moved on or ended', { cookies: 'keep' });
    await this.announcer.announce(outcome);
    return this.access.grant(outcome, account, asOfMs);
  }
}
