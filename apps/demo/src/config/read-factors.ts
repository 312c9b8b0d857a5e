import type { EnvironmentReader } from './environment.js';
import { oidcProviders, type ProviderSettings } from './read-providers.js';
import { encryptionKeys } from './read-values.js';

export interface FactorSettings {
  readonly secondFactors: 'on' | 'off';
  /** `id:base64url`; undefined: created once and kept in Postgres. */
  readonly encryptionKeys: readonly string[] | undefined;
  /** Undefined: the local provider, if possible. Empty: no provider. */
  readonly providers: ProviderSettings | undefined;
}

export function factorSettings(read: EnvironmentReader): FactorSettings {
  return {
    secondFactors: read.oneOf('SECOND_FACTORS', ['on', 'off'], 'on'),
    encryptionKeys: encryptionKeys(read, 'FACTOR_ENCRYPTION_KEYS'),
    providers: oidcProviders(read),
  };
}
