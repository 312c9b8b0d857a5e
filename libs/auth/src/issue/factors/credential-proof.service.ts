import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { Principal } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { HostTransaction } from '../../storage/sql-transaction.port.js';
import { CurrentPasswordCheck } from '../users/current-password-check.service.js';
import { PasswordVerifier, type VerifiedCandidate } from '../users/password-verifier.service.js';
import { ThrottledPasswordCheck } from '../users/throttled-password-check.service.js';
import { bySignature, FactorAnswers, type RightAnswer } from './factor-answers.service.js';
import { FactorMethods } from './factor-methods.js';
import { type CeremonyContext, PasskeyCeremonies } from './passkey-ceremonies.service.js';

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
  /** For a code: spends it. To be called in the transaction of what was proved. Throws `password_refused`. */
  readonly spend?: (tx?: HostTransaction) => Promise<void>;
};

type Use<T> = (proven: ProvenCredential) => Promise<T>;

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

  /** `use` is what the credential is proved for: an outage in it must not cost the user a code. */
  async prove<T>(
    principal: Principal,
    answer: CredentialAnswer,
    context: CeremonyContext,
    use: Use<T>,
  ): Promise<T> {
    const { password, device } = answer;
    const byFactor =
      this.methods.store && (answer.code !== undefined || answer.passkey !== undefined);
    if (password === undefined) {
      if (byFactor) return this.byFactor(principal, answer, context, use);
      throw new AuthError('input_invalid', 'no credential', {
        fields: { password: 'must be given' },
      });
    }
    const proven = await this.passwords.check(principal, { password, device }, context.client);
    if (!byFactor) return use({ ...proven, amr: ['pwd'] });
    return this.byFactor(principal, answer, context, ({ amr, spend }) =>
      // the state as it was when the password was checked
      use({ ...proven, amr: [...new Set(['pwd', ...amr, 'mfa'])], spend }),
    );
  }

  private async byFactor<T>(
    principal: Principal,
    answer: CredentialAnswer,
    context: CeremonyContext,
    use: Use<T>,
  ): Promise<T> {
    const candidate = await this.verifier.findById(principal.id);
    if (!candidate || candidate.account.disabled)
      throw new AuthError('token_refused', 'the user is gone');
    const { device } = answer;
    const { client } = context;
    const { admissions } = await this.attempts.countOther(candidate, { device, client });
    const giveBack = () => Promise.all(admissions.map((each) => each.giveBack()));
    try {
      const right = await this.judge(principal.id, answer, context);
      if (!right) throw this.refused('a wrong second factor', principal, context);
      const spend = async (tx?: HostTransaction): Promise<void> => {
        if (!(await right.spend(tx))) throw this.refused('used before', principal, context);
      };
      const result = await use({ ...candidate, amr: right.amr, spend });
      await giveBack();
      return result;
    } catch (error) {
      const isGuess = error instanceof AuthError && error.reason === 'password_refused';
      if (!isGuess) await giveBack();
      throw error;
    }
  }

  private refused(
    detail: string,
    { id: userId, sessionId }: Principal,
    { client: { ip, tenant } }: CeremonyContext,
  ): AuthError {
    this.events.publish({ type: 'factor.refused', userId, actorId: userId, sessionId, ip, tenant });
    return new AuthError('password_refused', detail);
  }

  private async judge(
    subject: string,
    { code, ticket = '', passkey }: CredentialAnswer,
    context: CeremonyContext,
  ): Promise<RightAnswer | undefined> {
    if (code !== undefined) return this.answers.code(subject, code);
    const factor = await this.ceremonies.signedIn(ticket, passkey, context);
    return factor?.subject === subject ? bySignature(factor) : undefined;
  }
}
