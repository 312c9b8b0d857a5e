/** `@tokenward/nestjs/totp`: codes of an authenticator app. Needs `otpauth`. */
export { totp } from './totp.js';
export type { TotpOptions } from './totp.js';
export type { TotpMethod } from '../options/factor-options.js';
