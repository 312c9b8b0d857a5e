import { AuthError } from '../../common/auth-error.js';
import type { FactorOptions, PasskeyMethod, TotpMethod } from '../../options/factor-options.js';
import type { OidcMethod } from '../../options/oidc-options.js';
import type { AuthStorage } from '../../storage/auth-storage.js';
import type { FactorStore } from '../../storage/factor-store.port.js';
import type { IdentityStore } from '../../storage/identity-store.port.js';
import { SealingRing } from '../keys/sealed-key.js';

/** A provider that the host has named, and the store of its identities. */
export interface Provider {
  readonly method: OidcMethod;
  readonly identities: IdentityStore;
  readonly issuer: string;
}

/** The second factors that the host has switched on. This class is also the injection token. */
export class FactorMethods {
  readonly totp?: TotpMethod;
  readonly passkeys?: PasskeyMethod;
  readonly oidc?: OidcMethod;
  /** The keys that seal TOTP secrets. */
  readonly ring?: SealingRing;
  /** Undefined where the host has switched on no factors. */
  readonly store?: FactorStore;
  /** Undefined where the storage has none; `oidc` needs it. */
  readonly identities?: IdentityStore;

  /** Throws `configuration_invalid` if the options and the storage do not fit together. */
  constructor(options: FactorOptions | undefined, storage: AuthStorage) {
    if (!options) return;
    if (!storage.factors || !storage.oneTimeTokens)
      throw AuthError.configuration(
        'factors',
        'storage.factors or storage.oneTimeTokens is missing; drizzleStorage(db) has both, or give stores of your own',
      );
    this.store = storage.factors;
    this.identities = storage.identities;
    for (const method of options.methods)
      if (method.kind === 'totp') this.totp = method;
      else if (method.kind === 'passkeys') this.passkeys = method;
      else this.oidc = method;
    if (this.oidc && !this.identities)
      throw AuthError.configuration(
        'factors.methods',
        'has oidc(…), but storage.identities is missing; drizzleStorage(db) has it, or give a store of your own',
      );
    if (this.totp)
      this.ring = new SealingRing(options.encryptionKeys ?? [], 'factors.encryptionKeys');
  }

  /** Throws `not_found` where that method is not switched on. */
  needTotp(): { readonly method: TotpMethod; readonly ring: SealingRing } {
    if (this.totp && this.ring) return { method: this.totp, ring: this.ring };
    throw new AuthError('factor_not_found', 'factors.methods has no totp(…)');
  }

  needPasskeys(): PasskeyMethod {
    if (this.passkeys) return this.passkeys;
    throw new AuthError('factor_not_found', 'factors.methods has no passkeys(…)');
  }

  /** Throws `not_found` where the host has no provider of that name. */
  needProvider(name: string): Provider {
    const issuer = this.oidc?.issuers.get(name);
    if (this.oidc && this.identities && issuer !== undefined)
      return { method: this.oidc, identities: this.identities, issuer };
    throw new AuthError(
      'provider_not_found',
      'factors.methods has no oidc(…) with such a provider',
    );
  }

  needStore(): FactorStore {
    if (this.store) return this.store;
    throw new AuthError('factor_not_found', 'factors is not configured');
  }
}
