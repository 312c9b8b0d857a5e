import { AuthError } from '../../common/auth-error.js';
import type { FactorOptions, PasskeyMethod, TotpMethod } from '../../options/factor-options.js';
import type { AuthStorage } from '../../storage/auth-storage.js';
import type { FactorStore } from '../../storage/factor-store.port.js';
import { SealingRing } from '../keys/sealed-key.js';

/** What of second factors the host has switched on. DI token and type in one. */
export class FactorMethods {
  readonly totp?: TotpMethod;
  readonly passkeys?: PasskeyMethod;
  /** Of TOTP secrets. */
  readonly ring?: SealingRing;
  /** Undefined: no factors at all. */
  readonly store?: FactorStore;

  /** Throws `configuration_invalid`. */
  constructor(options: FactorOptions | undefined, storage: AuthStorage) {
    if (!options) return;
    if (!storage.factors || !storage.oneTimeTokens)
      throw AuthError.configuration(
        'factors',
        'storage.factors or storage.oneTimeTokens is missing; drizzleStorage(db) has both, or give stores of your own',
      );
    this.store = storage.factors;
    for (const method of options.methods)
      if (method.kind === 'totp') this.totp = method;
      else this.passkeys = method;
    if (this.totp) this.ring = new SealingRing(options.encryptionKeys ?? [], 'factors.encryptionKeys');
  }

  /** Throws `not_found` where the host has no such method. */
  needTotp(): { readonly method: TotpMethod; readonly ring: SealingRing } {
    if (this.totp && this.ring) return { method: this.totp, ring: this.ring };
    throw new AuthError('factor_not_found', 'factors.methods has no totp(…)');
  }

  needPasskeys(): PasskeyMethod {
    if (this.passkeys) return this.passkeys;
    throw new AuthError('factor_not_found', 'factors.methods has no passkeys(…)');
  }

  needStore(): FactorStore {
    if (this.store) return this.store;
    throw new AuthError('factor_not_found', 'factors is not configured');
  }
}
