import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import type { TokenDelivery } from '../../contract/index.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { Identifiers } from '../users/identifiers.service.js';
import {
  type PasswordRefusal,
  PasswordVerifier,
  type VerifiedCandidate,
} from '../users/password-verifier.service.js';
import { ThrottledPasswordCheck } from '../users/throttled-password-check.service.js';
import { CompleteSignIn, type SignInResult } from './complete-sign-in.service.js';
import { SendVerificationFlow } from './send-verification.flow.js';

export interface LoginInput {
  /** An email, or what the option `identifier` names; as it was typed. */
  readonly identifier: string;
  readonly password: string;
  readonly rememberMe?: boolean;
  readonly transport?: TokenDelivery;
  /** The signed device id of an earlier login. */
  readonly device?: string;
}

/** Identifier and password → session and tokens. Without the right password, every refusal looks the same. */
@Injectable()
export class LoginFlow {
  constructor(
    private readonly passwords: ThrottledPasswordCheck,
    private readonly identifiers: Identifiers,
    private readonly verifier: PasswordVerifier,
    private readonly verification: SendVerificationFlow,
    private readonly signIn: CompleteSignIn,
    private readonly events: AuthEventPublisher,
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
  ) {}

  async login(input: LoginInput, client: ClientContext): Promise<SignInResult> {
    const transport = this.signIn.transportOf(input.transport, client);
    const identifier = this.identifiers.normalise(input.identifier);
    const asOfMs = this.clock.now();
    const { outcome, deviceId } = await this.passwords.check({
      identifier,
      password: input.password,
      find: () => this.verifier.find(identifier, client.tenant),
      rehash: 'replace',
      device: input.device,
      client,
    });
    if (outcome.kind === 'refused') {
      this.tellFailed(outcome.reason, outcome.userId, client);
      throw new AuthError('login_refused', outcome.reason);
    }
    await this.refuseUnverified(outcome.candidate, client);
    const { account, subject: expected } = outcome.candidate;
    const persistent = input.rememberMe ?? false;
    const { device } = input;
    return this.signIn.complete(
      { account, expected, transport, persistent, amr: ['pwd'], asOfMs, deviceId, device },
      client,
    );
  }

  /** Throws `email_unverified`; only to a caller who has given the right password. */
  private async refuseUnverified(
    candidate: VerifiedCandidate,
    client: ClientContext,
  ): Promise<void> {
    const { account } = candidate;
    if (this.options.accounts?.verifiedEmail !== 'required' || account.emailVerified) return;
    await this.verification.remind(candidate, client);
    this.tellFailed('email_unverified', account.id, client);
    throw new AuthError('email_unverified', 'accounts.verifiedEmail is required');
  }

  private tellFailed(
    reason: PasswordRefusal | 'email_unverified',
    userId: string | undefined,
    { ip, tenant }: ClientContext,
  ): void {
    this.events.publish({ type: 'login.failed', reason, userId, ip, tenant });
  }
}
