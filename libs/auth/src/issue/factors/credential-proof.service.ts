import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { Principal } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { CurrentPasswordCheck } from '../users/current-password-check.service.js';
import { PasswordVerifier, type VerifiedCandidate } from '../users/password-verifier.service.js';
import { ThrottledPasswordCheck } from '../users/throttled-password-check.service.js';
import { FactorAnswers } from './factor-answers.service.js';
import { FactorMethods } from './factor-methods.js';
import { amrOf, type CeremonyContext, PasskeyCeremonies } from './passkey-ceremonies.service.js';

/** A password, a code, both, or a passkey with the ticket of its challenge. */
export interface CredentialAnswer {
  readonly password?: string;
  readonly code?: string;
  readonly ticket?: string;
  readonly passkey?: unknown;
  /** The signed device id of the request. */
  readonly device?: string;
}

export type ProvenCredential = Pick<VerifiedCandidate, 'account' | 'subject'> & {
  readonly amr: readonly string[];
};

/**
 * A signed-in user proves a credential again, of any kind. Throttled and counted like a login;
 * refused with 403.
 */
@Injectable()
export class CredentialProof {
  constructor(
    private readonly methods: FactorMethods,
    private readonly passwords: CurrentPasswordCheck,
    private readonly answers: FactorAnswers,
    private readonly ceremonies: PasskeyCeremonies,
    private readonly verifier: PasswordVerifier,
    private readonly attempts: ThrottledPasswordCheck,
    private readonly events: AuthEventPublisher,
  ) {}

  async prove(
    principal: Principal,
    answer: CredentialAnswer,
    context: CeremonyContext,
  ): Promise<ProvenCredential> {
    const { password, device } = answer;
    const byFactor =
      this.methods.store && (answer.code !== undefined || answer.passkey !== undefined);
    if (password === undefined) {
      if (byFactor) return this.byFactor(principal, answer, context);
      throw new AuthError('input_invalid', 'no credential', {
        fields: { password: 'must be given' },
      });
    }
    const proven = await this.passwords.check(principal, { password, device }, context.client);
    if (!byFactor) return { ...proven, amr: ['pwd'] };
    // the state as it was when the password was checked
    const { amr } = await this.byFactor(principal, answer, context);
    return { ...proven, amr: [...new Set(['pwd', ...amr, 'mfa'])] };
  }

  private async byFactor(
    principal: Principal,
    answer: CredentialAnswer,
    context: CeremonyContext,
  ): Promise<ProvenCredential> {
    const candidate = await this.verifier.findById(principal.id);
    if (!candidate || candidate.account.disabled)
      throw new AuthError('token_refused', 'the user is gone');
    const { device } = answer;
    const { client } = context;
    const { admissions } = await this.attempts.countOther(candidate, { device, client });
    const giveBack = () => Promise.all(admissions.map((each) => each.giveBack()));
    const amr = await this.judge(principal.id, answer, context).catch(async (error: unknown) => {
      await giveBack();
      throw error;
    });
    if (!amr) {
      const { id: userId, sessionId } = principal;
      this.events.publish({
        type: 'factor.refused',
        userId,
        actorId: userId,
        sessionId,
        ip: client.ip,
      });
      throw new AuthError('password_refused', 'a wrong second factor');
    }
    await giveBack();
    return { ...candidate, amr };
  }

  private async judge(
    subject: string,
    { code, ticket = '', passkey }: CredentialAnswer,
    context: CeremonyContext,
  ): Promise<readonly string[] | undefined> {
    if (code !== undefined) return this.answers.code(subject, code);
    const factor = await this.ceremonies.signedIn(ticket, passkey, context);
    return factor?.subject === subject ? amrOf(factor) : undefined;
  }
}
