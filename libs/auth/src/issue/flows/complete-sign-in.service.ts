import { HttpException, Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { withDeadline } from '../../common/deadline.js';
import type { ClientContext } from '../../common/principal.js';
import type { SecondFactorDue, TokenDelivery } from '../../contract/index.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { type FirstStep, SecondStep } from '../factors/second-step.service.js';
import type { UserAccount } from '../../storage/user-directory.port.js';
import type { LoginResult } from '../tokens/issued-tokens.js';
import { type SessionOpening, SessionOpener } from '../sessions/session-opener.service.js';
import { SecondFactor } from '../users/second-factor.port.js';

export type SignInResult = LoginResult | SecondFactorDue;

/** Where every sign-in continues after its first step: a second step is asked for, or the session opens. */
@Injectable()
export class CompleteSignIn {
  constructor(
    private readonly secondFactor: SecondFactor,
    private readonly secondStep: SecondStep,
    private readonly opener: SessionOpener,
    private readonly events: AuthEventPublisher,
    private readonly options: ResolvedAuthOptions,
  ) {}

  /** Throws `second_factor_required`, or `login_refused` where the user's sessions were ended since the first step. */
  async complete(step: FirstStep, client: ClientContext): Promise<SignInResult> {
    await this.admit(step.account, client);
    return this.completeAdmitted(step, client);
  }

  /** Asks the host. Throws `second_factor_required`. */
  async admit(account: UserAccount, client: ClientContext): Promise<void> {
    if ((await this.asked(account, client)) === 'not_needed') return;
    this.tellFailed('second_factor', account.id, client);
    throw new AuthError('second_factor_required', 'the host asks for a second factor');
  }

  /** As `complete`, where `admit` had to come before a step that cannot be undone. */
  async completeAdmitted(step: FirstStep, client: ClientContext): Promise<SignInResult> {
    const due = await this.due(step, client);
    return due ?? this.open(openingOf(step), client);
  }

  /** Asks the host what the opening of the session will ask, so that its failure comes before such a step. */
  rehearse(step: FirstStep, client: ClientContext): Promise<void> {
    return this.opener.rehearse(openingOf(step), client);
  }

  /** Throws `login_refused`. */
  async due(step: FirstStep, client: ClientContext): Promise<SecondFactorDue | undefined> {
    const due = await this.secondStep.due(step, client);
    if (due === 'superseded') throw this.superseded(step.account.id, client);
    return due;
  }

  /** Opens the session. To be called when everything that is needed was proved. Throws `login_refused`. */
  async open(opening: SessionOpening, client: ClientContext): Promise<LoginResult> {
    const result = await this.opener.open(opening, client);
    if (result === 'superseded') throw this.superseded(opening.account.id, client);
    return result;
  }

  /**
   * To be called before anything is proved or spent. Throws `transport_not_allowed`, and `device_required` where a
   * proof of the client's key is required but missing.
   */
  transportOf(wanted: TokenDelivery | undefined, { provedKey }: ClientContext): TokenDelivery {
    const { dpop, deviceBound, transports } = this.options;
    const { allowed, default: fallback } = transports;
    const transport = wanted ?? fallback;
    if (!allowed.includes(transport))
      throw new AuthError('transport_not_allowed', 'the host does not allow it', {
        fields: { transport: `must be one of ${allowed.join(', ')}` },
      });
    const isKeyDue = dpop?.mode === 'require' || deviceBound.mode === 'require';
    if (isKeyDue && transport !== 'cookie' && (!dpop || provedKey === undefined))
      throw new AuthError('device_required', 'deviceBound or dpop is require, and no proof came');
    return transport;
  }

  /**
   * What the host says. A function that forgets its `return`, or answers by a truth value, must open no session. The
   * host's own refusal (an `HttpException`) is the caller's answer.
   */
  private async asked(
    account: UserAccount,
    client: ClientContext,
  ): Promise<'needed' | 'not_needed'> {
    const question = Promise.resolve().then(() => this.secondFactor.ask(account, client));
    const { storeDeadlineMs } = this.options;
    const answer: unknown = await withDeadline(question, storeDeadlineMs, 'secondFactor').catch(
      (error: unknown) => {
        if (error instanceof HttpException) throw error;
        throw AuthError.unavailable('secondFactor failed, or did not answer in time', error);
      },
    );
    if (answer === 'needed' || answer === 'not_needed') return answer;
    throw AuthError.unavailable("secondFactor must answer 'needed' or 'not_needed'");
  }

  private superseded(userId: string, client: ClientContext): AuthError {
    this.tellFailed('superseded', userId, client);
    return new AuthError('login_refused', 'the sessions of the user were ended meanwhile');
  }

  private tellFailed(
    reason: 'second_factor' | 'superseded',
    userId: string,
    { ip, tenant }: ClientContext,
  ): void {
    this.events.publish({ type: 'login.failed', reason, userId, ip, tenant });
  }
}

function openingOf(step: FirstStep): SessionOpening {
  return { ...step, authTime: step.provedAt ?? new Date(step.asOfMs) };
}
