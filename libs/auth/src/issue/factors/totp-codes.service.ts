import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { Entropy } from '../../common/entropy.js';
import { saidYes } from '../../common/said-yes.js';
import type { TotpFactor } from '../../storage/factor.js';
import type { HostTransaction } from '../../storage/sql-transaction.port.js';
import { FactorMethods } from './factor-methods.js';

/** Checks codes against sealed secrets. */
@Injectable()
export class TotpCodes {
  constructor(
    private readonly methods: FactorMethods,
    private readonly entropy: Entropy,
    private readonly clock: Clock,
  ) {}

  newSecret(subject: string, id: string, label: string) {
    const { method, ring } = this.methods.needTotp();
    const secret = this.entropy.bytes(method.secretBytes);
    return {
      sealed: ring.seal(secret, contextOf(subject, id), this.entropy),
      ...method.enrol(secret, label),
    };
  }

  /** The time step of the code; undefined for a wrong one. The code is not spent. */
  stepOf({ subject, id, sealedSecret }: TotpFactor, code: string): number | undefined {
    const { method, ring } = this.methods.needTotp();
    const secret = ring.open(sealedSecret, contextOf(subject, id), 'factors.encryptionKeys');
    return method.stepOf(secret, code, this.clock.now());
  }

  /** Spends the code of that step. False if the step is not later than the last one used. */
  async use({ id }: TotpFactor, step: number, tx?: HostTransaction): Promise<boolean> {
    return saidYes('useStep', await this.methods.needStore().useStep(id, step, tx));
  }

  /** Seals the secret with the newest key. Best effort: the next use tries again. */
  async reseal({ subject, id, sealedSecret }: TotpFactor): Promise<void> {
    const { ring } = this.methods.needTotp();
    if (ring.isCurrent(sealedSecret)) return;
    const context = contextOf(subject, id);
    const secret = ring.open(sealedSecret, context, 'factors.encryptionKeys');
    const next = ring.seal(secret, context, this.entropy);
    await this.methods
      .needStore()
      .reseal(id, sealedSecret, next)
      .catch(() => undefined);
  }
}

/** A sealed secret can only be opened in its own row. */
function contextOf(subject: string, id: string): readonly string[] {
  return ['totp', subject, id];
}
