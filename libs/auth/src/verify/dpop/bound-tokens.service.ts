import { Injectable } from '@nestjs/common';
import type { Principal } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { CallerStanding } from '../caller-standing.service.js';
import { clientOf } from '../http/adapter.js';
import type { PresentedToken } from '../presented-token.js';
import type { CheckOptions } from '../revocation/revocation-checker.service.js';
import { TokenRefusals } from '../token-refusals.service.js';
import { DpopProofs } from './dpop-proofs.service.js';

type Token = Extract<PresentedToken, { kind: 'token' }>;

/** Access tokens that are bound to a key (`cnf`), and tokens that came with a proof of a key. */
@Injectable()
export class BoundTokens {
  constructor(
    private readonly standing: CallerStanding,
    private readonly refusals: TokenRefusals,
    private readonly proofs: DpopProofs,
    private readonly events: AuthEventPublisher,
  ) {}

  /**
   * `boundKey`: the thumbprint in the token, whose key a thief of the token lacks. Revocation is
   * checked before the proof, so that a revoked token takes no room in the store of used proofs.
   * Throws `token_refused` or `unavailable`.
   */
  async check(
    presented: Token,
    principal: Principal,
    boundKey: string | undefined,
    options?: CheckOptions,
  ): Promise<Principal> {
    if (boundKey === undefined)
      throw this.refusals.refused('not_bound', principal, { error: 'invalid_token' });
    if (presented.source !== 'dpop') {
      const challenge = this.proofs.isOn ? ({ error: 'invalid_token' } as const) : undefined;
      throw this.refusals.refused('key_bound', principal, challenge);
    }
    const { value: token, request } = presented;
    const admitted = await this.standing.check(principal, options, token);
    const bound = { token, key: boundKey, account: principal.id };
    const proved = await this.proofs.check(request, bound);
    if (proved.kind === 'proved') return admitted;
    if (proved.reason === 'proof_by_another_key')
      this.events.publish({
        type: 'device.refused',
        userId: principal.id,
        actorId: principal.actor?.id,
        sessionId: principal.sessionId,
        ...clientOf(request),
      });
    throw this.refusals.refused(proved.reason, principal, proved.challenge);
  }
}
