import { Secret, TOTP } from 'otpauth';
import { group, oneOf, text, whole } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import type { TotpMethod } from '../options/factor-options.js';

export interface TotpOptions {
  /** What the app shows above the code: the name of your service, without a colon. */
  readonly issuer: string;
  /** Digits of a code. Default 6. */
  readonly digits?: number;
  /** Default `SHA1`, which every authenticator app knows. */
  readonly algorithm?: 'SHA1' | 'SHA256' | 'SHA512';
}

export const totpSchema = group({
  issuer: text('the name of your service, at most 64 characters without a colon', /^[^:]{1,64}$/),
  digits: whole(6, 8).prefault(6),
  algorithm: oneOf(['SHA1', 'SHA256', 'SHA512']).prefault('SHA1'),
});

const PERIOD_SECONDS = 30;
/** RFC 4226, section 4: 160 bits. */
const SECRET_BYTES = 20;

/** Codes of an authenticator app (RFC 6238), by `otpauth`. A code is taken one step of 30 s early or late. */
export function totp(options: TotpOptions): TotpMethod {
  const { issuer, digits, algorithm } = readOptions(totpSchema, options, {
    of: 'totp',
    prefix: 'totp',
  });
  const digitsOnly = new RegExp(`^\\d{${String(digits)}}$`);
  const of = (secret: Buffer, label = ''): TOTP =>
    new TOTP({
      issuer,
      label,
      algorithm,
      digits,
      period: PERIOD_SECONDS,
      secret: new Secret({ buffer: Uint8Array.from(secret).buffer }),
    });
  return {
    kind: 'totp',
    secretBytes: SECRET_BYTES,
    enrol: (secret, label) => {
      const made = of(secret, label);
      return { secret: made.secret.base32, uri: made.toString() };
    },
    stepOf: (secret, code, nowMs) => {
      const token = code.replaceAll(/[ -]/g, '');
      if (!digitsOnly.test(token)) return undefined;
      const made = of(secret);
      const delta = made.validate({ token, timestamp: nowMs, window: 1 });
      return delta === null ? undefined : made.counter({ timestamp: nowMs }) + delta;
    },
  };
}
