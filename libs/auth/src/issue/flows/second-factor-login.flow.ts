import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { dpopRefusal } from '../../verify/dpop/dpop-refusal.js';
import { Clock } from '../../common/clock.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { type FactorAnswer, FactorAnswers } from '../factors/factor-answers.service.js';
import type { CeremonyContext } from '../factors/passkey-ceremonies.service.js';
import { SecondStep } from '../factors/second-step.service.js';
import type { HostTransaction } from '../../storage/sql-transaction.port.js';
import type { CustomClaims } from '../../verify/tokens/custom-claims.js';
import type { LoginResult } from '../tokens/issued-tokens.js';
import { LoginThrottle } from '../users/login-throttle.service.js';
import { PasswordVerifier } from '../users/password-verifier.service.js';
import { ThrottledPasswordCheck } from '../users/throttled-password-check.service.js';
import { CompleteSignIn } from './complete-sign-in.service.js';

export interface SecondFactorLoginInput extends FactorAnswer {
  readonly ticket: string;
  /** The signed device id of an earlier login. */
  readonly device?: string;
}

/**
 * The second step of a sign-in → session and tokens. A wrong answer counts as a failed login of the account, and uses
 * up one try of the ticket.
 */
@Injectable()
export class SecondFactorLoginFlow {
  constructor(
    private readonly steps: SecondStep,
    private readonly answers: FactorAnswers,
    private readonly verifier: PasswordVerifier,
    private readonly attempts: ThrottledPasswordCheck,
    private readonly throttle: LoginThrottle,
    private readonly signIn: CompleteSignIn,
    private readonly events: AuthEventPublisher,
    private readonly clock: Clock,
  ) {}

  /** Throws `second_factor_refused`, `throttled`, `device_required` and `invalid_dpop_proof`. */
  async login(input: SecondFactorLoginInput, context: CeremonyContext): Promise<LoginResult> {
    const { ticket, device } = input;
    const { client } = context;
    const asOfMs = this.clock.now();
    const waiting = await this.steps.read(ticket);
    if (!waiting) throw refusal('no live ticket');
    const owner = await this.verifier.findSigner(waiting.subject, client.tenant);
    if (owner.kind === 'refused') throw refusal(`the user is ${owner.reason}`);
    const { candidate } = owner;
    const { account } = candidate;
    assertSameKey(waiting.data.provedKey, client.provedKey);

    const { admissions, deviceId } = await this.attempts.countOther(candidate, { device, client });
    const giveBack = () => Promise.all(admissions.map((each) => each.giveBack()));
    // an outage does not count as a guess
    const orGiveBack = async (error: unknown): Promise<never> => {
      await giveBack();
      throw error;
    };
    const live = await this.steps.attempt(ticket).catch(orGiveBack);
    if (!live) throw this.refused(account.id, 'no try is left', context);
    const proved = await this.answers
      .secondStep(account.id, ticket, input, context)
      .catch(orGiveBack);
    if (!proved) throw this.refused(account.id, 'the answer is wrong', context);

    const { transport, persistent, amr: first, counted, claims: kept, provider } = live.data;
    const spend = async (tx?: HostTransaction): Promise<void> => {
      if (!(await this.steps.redeem(ticket, tx)))
        throw this.refused(account.id, 'spent meanwhile', context);
      if (!(await proved.spend(tx))) throw this.refused(account.id, 'used before', context);
    };
    const amr = [...new Set([...first, ...proved.amr, 'mfa'])];
    const claims = kept === undefined ? undefined : (JSON.parse(kept) as CustomClaims);
    const opening = {
      account,
      expected: candidate.subject,
      transport,
      persistent,
      amr,
      asOfMs,
      deviceId,
    };
    const authTime = new Date(asOfMs);
    const settle = () => Promise.all([giveBack(), this.throttle.giveBackAll(counted)]);
    const result = await this.signIn
      .open({ ...opening, claims, provider, authTime, spend }, client)
      .catch(async (error: unknown) => {
        const refused = error instanceof AuthError ? error : undefined;
        // only a wrong answer is a guess
        if (refused?.reason !== 'second_factor_refused') await settle();
        // the user's sessions were ended meanwhile, and the ticket with them
        throw refused?.reason === 'login_refused' ? refusal(refused.detail) : error;
      });
    await settle();
    if (proved.event) this.events.publish(proved.event);
    return result;
  }

  private refused(userId: string, detail: string, { client }: CeremonyContext): AuthError {
    const { ip, tenant } = client;
    this.events.publish({ type: 'login.failed', reason: 'second_factor', userId, ip, tenant });
    return refusal(detail);
  }
}

/**
 * Somebody who stole the ticket must neither bind the session to a key of their own nor get tokens for a key that
 * they do not hold.
 */
function assertSameKey(first: string | undefined, second: string | undefined): void {
  if (first === undefined || first === second) return;
  if (second === undefined)
    throw new AuthError(
      'device_required',
      'the first step was proved by a key, and the second was not',
    );
  throw dpopRefusal('the first step was proved by another key');
}

function refusal(detail: string): AuthError {
  return new AuthError('second_factor_refused', detail);
}
