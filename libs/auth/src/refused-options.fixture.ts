// Spec support: options that are sound except for what a test changes.
import { generateKeyPairSync } from 'node:crypto';
import { type CheckedModuleOptions, readModuleOptions } from './auth.module-schema.js';
import { resolveChecked } from './options/resolve-options.js';

export const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const SOUND = {
  issuer: 'https://issuer.example',
  audience: 'api',
  keys: { algorithm: 'ES256', privateKey },
  storage: { sessions: {}, ledger: {}, peppers: {} },
};
export const read = (given: unknown): CheckedModuleOptions => readModuleOptions(given);

/** The error message without its code, or the accepted options. */
export function refusal(changes: object): string {
  try {
    return `accepted: ${JSON.stringify(resolveChecked(read({ ...SOUND, ...changes }), {}))}`;
  } catch (error) {
    return (error as Error).message.replace('configuration_invalid: ', '');
  }
}
