/** `@tokenward/nestjs/passkeys`: WebAuthn. Needs `@simplewebauthn/server`. */
export { passkeys } from './passkeys.js';
export type { PasskeyOptions } from './relying-party.js';
export type { PasskeyMethod } from '../options/factor-options.js';
