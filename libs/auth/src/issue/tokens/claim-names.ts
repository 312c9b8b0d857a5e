import { AuthError } from '../../common/auth-error.js';
import { OWN_CLAIMS } from '../../verify/tokens/access-claims.js';
import type { CustomClaims } from '../../verify/tokens/custom-claims.js';

/** Denied anywhere in a name, because no word after them makes them harmless (`passwordHash`). */
const DENIED_ANYWHERE: ReadonlySet<string> = new Set([
  'password',
  'passwords',
  'passwd',
  'passphrase',
  'pwd',
  'secret',
  'secrets',
  'ssn',
  'creditcard',
  'cardnumber',
  'cvv',
  'cvc',
  'iban',
  'apikey',
  'privatekey',
  'email',
  'emails',
  'phone',
  'dateofbirth',
  'birthdate',
]);
/**
 * Denied as the last words of a name (`userPassword`, `billing_address`), written together. Whoever
 * holds a token can read it, and tokens are found in logs, proxies and browsers.
 */
const DENIED_NAMES: ReadonlySet<string> = new Set([
  ...DENIED_ANYWHERE,
  'credential',
  'credentials',
  'otp',
  'totp',
  'token',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'secretkey',
  'encryptionkey',
  'signingkey',
  'socialsecurity',
  'socialsecuritynumber',
  'nationalid',
  'taxid',
  'passportnumber',
  'driverslicense',
  'creditcardnumber',
  'pin',
  'bankaccount',
  'accountnumber',
  'phones',
  'phonenumber',
  'address',
  'addresses',
  'birthday',
  'dob',
]);

/** `credit_card`, `creditCard` and `CREDIT-CARD` are the same name. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/**
 * Refuses names that Tokenward writes itself, and names of secrets or personal data at any depth,
 * unless allowed. `allowed` contains plain names.
 */
export function assertClaimNames(claims: CustomClaims, allowed: ReadonlySet<string>): void {
  for (const name of Object.keys(claims)) {
    if (OWN_CLAIMS.has(name)) {
      throw new AuthError(
        'claim_refused',
        `the claim "${name}" is one that Tokenward writes itself: choose another name`,
      );
    }
  }
  const open: { readonly at: string; readonly value: object }[] = [{ at: '', value: claims }];
  for (let next = open.pop(); next; next = open.pop()) {
    for (const [name, value] of Object.entries(next.value)) {
      const path = next.at + name;
      if (!Array.isArray(next.value)) assertName(name, path, allowed);
      if (typeof value === 'object' && value !== null)
        open.push({ at: `${path}.`, value: value as object });
    }
  }
}

function assertName(name: string, path: string, allowed: ReadonlySet<string>): void {
  if (name === '__proto__')
    throw new AuthError('claim_refused', `the claim "${path}" would reach a prototype: rename it`);
  if (!isSensitive(name) || allowed.has(plainName(name))) return;
  throw new AuthError(
    'claim_refused',
    `the claim "${path}" looks like a secret or personal data, and an access token can be read by whoever holds it: leave it out, or add it to accessToken.allowedClaims`,
  );
}

function isSensitive(name: string): boolean {
  if (DENIED_NAMES.has(plainName(name))) return true;
  const words = name
    .replace(/([\p{Ll}\p{N}])(?=\p{Lu})/gu, '$1 ')
    .split(/[^\p{L}\p{N}]+/u)
    .map(plainName)
    .filter(Boolean);
  // `email_verified` and similar claims (OpenID Connect Core, section 5.1) only say yes or no
  if (words.at(-1) === 'verified') return false;
  return words.some((_, from) =>
    [1, 2, 3].some((count) => {
      if (from + count > words.length) return false;
      const run = words.slice(from, from + count).join('');
      return from + count === words.length ? DENIED_NAMES.has(run) : DENIED_ANYWHERE.has(run);
    }),
  );
}
