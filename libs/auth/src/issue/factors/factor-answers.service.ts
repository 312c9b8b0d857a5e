import { Injectable } from '@nestjs/common';
import { saidYes } from '../../common/said-yes.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { FactorMethods } from './factor-methods.js';
import { amrOf, type CeremonyContext, PasskeyCeremonies } from './passkey-ceremonies.service.js';
import { recoveryHash } from './recovery-codes.js';
import { TotpCodes } from './totp-codes.service.js';

/** One answer to a second factor. */
export interface FactorAnswer {
  readonly code?: string;
  readonly recoveryCode?: string;
  readonly passkey?: unknown;
}

/** Checks the answer to a second factor, and spends it. */
@Injectable()
export class FactorAnswers {
  constructor(
    private readonly methods: FactorMethods,
    private readonly codes: TotpCodes,
    private readonly ceremonies: PasskeyCeremonies,
    private readonly events: AuthEventPublisher,
  ) {}

  /** The methods that were proved (RFC 8176), for the second step of `ticket`; undefined for a wrong answer. */
  async secondStep(
    subject: string,
    ticket: string,
    answer: FactorAnswer,
    context: CeremonyContext,
  ): Promise<readonly string[] | undefined> {
    if (answer.code !== undefined) return this.code(subject, answer.code);
    if (answer.recoveryCode !== undefined)
      return this.recoveryCode(subject, answer.recoveryCode, context);
    const factor = await this.ceremonies.secondStep(ticket, answer.passkey, context);
    return factor?.subject === subject ? amrOf(factor) : undefined;
  }

  /** A code of any of the user's TOTP apps. */
  async code(subject: string, code: string): Promise<readonly string[] | undefined> {
    if (!this.methods.totp) return undefined;
    const { all } = await this.methods.needStore().of(subject);
    for (const factor of all)
      if (factor.kind === 'totp' && factor.confirmed && (await this.codes.use(factor, code)))
        return ['otp'];
    return undefined;
  }

  private async recoveryCode(
    subject: string,
    code: string,
    { client }: CeremonyContext,
  ): Promise<readonly string[] | undefined> {
    const store = this.methods.needStore();
    const used = await store.useRecoveryCode(subject, recoveryHash(subject, code));
    if (!saidYes('useRecoveryCode', used)) return undefined;
    const { recoveryCodesLeft: left } = await store.of(subject);
    this.events.publish({ type: 'recovery_code.used', userId: subject, left, ip: client.ip });
    return ['rcv'];
  }
}
