import { problem, type EnvironmentReader } from './environment.js';
import { oidcProviders, type ProviderSettings } from './read-providers.js';

export interface FactorSettings {
  readonly secondFactors: 'on' | 'off';
  /** `id:base64url`; undefined: made once and kept in Postgres. */
  readonly encryptionKeys: readonly string[] | undefined;
  /** Undefined: the local one, where there is one. Empty: nobody signs in elsewhere. */
  readonly providers: ProviderSettings | undefined;
}

export function factorSettings(read: EnvironmentReader): FactorSettings {
  const encryptionKeys = read.list('FACTOR_ENCRYPTION_KEYS');
  if (encryptionKeys?.some((each) => !/^[A-Za-z0-9._-]{1,64}:[A-Za-z0-9_-]{43}$/.test(each)))
    throw problem(
      'FACTOR_ENCRYPTION_KEYS',
      'must be id:base64url of 32 bytes: tokenward secret --encryption',
    );
  return {
    secondFactors: read.oneOf('SECOND_FACTORS', ['on', 'off'], 'on'),
    encryptionKeys,
    providers: oidcProviders(read),
  };
}
