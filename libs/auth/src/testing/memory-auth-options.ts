import { generateKeyPairSync } from 'node:crypto';
import type { AuthModuleOptions } from '../auth.module-definition.js';
import { type MemoryStorage, memoryStorage } from './memory-storage.js';

/** The issuer and the audience of `memoryAuthOptions()`. */
export const TEST_ISSUER = 'https://tests.invalid';

/**
 * Options that need nothing outside the process: stores in memory, a generated key, no throttling, cookies without
 * `Secure`. `changes` replace single options; pass the `clock` that the storage uses.
 */
export function memoryAuthOptions(
  changes: Partial<AuthModuleOptions> = {},
): AuthModuleOptions & { readonly storage: MemoryStorage | AuthModuleOptions['storage'] } {
  const { clock, entropy } = changes;
  return {
    issuer: TEST_ISSUER,
    audience: TEST_ISSUER,
    keys: {
      algorithm: 'ES256',
      privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    },
    storage: changes.storage ?? memoryStorage({ clock, entropy }),
    cookies: { secure: false },
    throttle: false,
    ...changes,
  };
}
