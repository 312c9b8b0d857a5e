import { Injectable } from '@nestjs/common';
import { saidYes } from '../../common/said-yes.js';
import type { AuthEventInput } from '../../storage/auth-event.js';
import type { PasskeyFactor } from '../../storage/factor.js';
import type { HostTransaction } from '../../storage/sql-transaction.port.js';
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

/** An answer that is right as far as it can be told without spending it. */
export interface RightAnswer {
  /** The methods that it proves (RFC 8176). */
  readonly amr: readonly string[];
  /** Whether this use is the one that counts; with `tx`, in that transaction. */
  readonly spend: (tx?: HostTransaction) => Promise<boolean>;
  /** To be published once it is spent. */
  readonly event?: AuthEventInput;
}

/** Checks the answer to a second factor. */
@Injectable()
export class FactorAnswers {
  constructor(
    private readonly methods: FactorMethods,
    private readonly codes: TotpCodes,
    private readonly ceremonies: PasskeyCeremonies,
  ) {}

  /**
   * For the second step of `ticket`; undefined for a wrong answer. The caller spends the answer together with opening
   * the session: an outage in between must not cost the user a recovery code.
   */
  async secondStep(
    subject: string,
    ticket: string,
    answer: FactorAnswer,
    context: CeremonyContext,
  ): Promise<RightAnswer | undefined> {
    if (answer.code !== undefined) return this.code(subject, answer.code);
    if (answer.recoveryCode !== undefined)
      return this.recoveryCode(subject, answer.recoveryCode, context);
    const factor = await this.ceremonies.secondStep(ticket, answer.passkey, context);
    return factor?.subject === subject ? bySignature(factor) : undefined;
  }

  /** A code of any of the user's TOTP apps; undefined for a wrong one. */
  async code(subject: string, code: string): Promise<RightAnswer | undefined> {
    if (!this.methods.totp) return undefined;
    const { all } = await this.methods.needStore().of(subject);
    for (const factor of all) {
      if (factor.kind !== 'totp' || !factor.confirmed) continue;
      const step = this.codes.stepOf(factor, code);
      if (step === undefined) continue;
      await this.codes.reseal(factor);
      return { amr: ['otp'], spend: (tx) => this.codes.use(factor, step, tx) };
    }
    return undefined;
  }

  private async recoveryCode(
    subject: string,
    code: string,
    { client: { ip, tenant } }: CeremonyContext,
  ): Promise<RightAnswer | undefined> {
    const store = this.methods.needStore();
    const hash = recoveryHash(subject, code);
    if (!saidYes('hasRecoveryCode', await store.hasRecoveryCode(subject, hash))) return undefined;
    const { recoveryCodesLeft } = await store.of(subject);
    const left = Math.max(0, recoveryCodesLeft - 1);
    return {
      amr: ['rcv'],
      spend: async (tx) =>
        saidYes('useRecoveryCode', await store.useRecoveryCode(subject, hash, tx)),
      event: { type: 'recovery_code.used', userId: subject, left, ip, tenant },
    };
  }
}

/** Nothing is left to spend: the challenge worked once, before the signature was checked. */
export function bySignature(passkey: PasskeyFactor): RightAnswer {
  return { amr: amrOf(passkey), spend: () => Promise.resolve(true) };
}
