import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { AuthError } from '../common/auth-error.js';
import { exactText, group, text } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import type { OidcProvider } from './oidc-schema.js';

export interface AppleOptions {
  /** The Services ID. */
  readonly clientId: string;
  /** Ten letters and digits. */
  readonly teamId: string;
  /** Of the key for "Sign in with Apple"; ten letters and digits. */
  readonly keyId: string;
  /** What is in the `.p8` file: a P-256 key as PEM. */
  readonly privateKey: string;
}

const ISSUER = 'https://appleid.apple.com';
const TEN = /^[A-Z0-9]{10}$/;
/** Made for each request: half a year is the most that Apple takes. */
const SECRET_TTL = '5m';

export const appleSchema = group({
  clientId: exactText('the Services ID'),
  teamId: text('the id of the team, ten capital letters and digits', TEN),
  keyId: text('the id of the key, ten capital letters and digits', TEN),
  privateKey: text('the text of the .p8 file that Apple gave you'),
});

/** Accounts of Apple. It posts its answer, and tells the name the first time only. */
export function apple(options: AppleOptions): OidcProvider {
  const { clientId, teamId, keyId, privateKey } = readOptions(appleSchema, options, {
    of: 'apple',
    prefix: 'apple',
  });
  const key = readKey(privateKey);
  return {
    ...{ issuer: ISSUER, clientId, clientAuthentication: 'client_secret_post' },
    ...{ scope: 'openid email name', responseMode: 'form_post', textFlags: true },
    mintSecret: () =>
      new SignJWT()
        .setProtectedHeader({ alg: 'ES256', kid: keyId })
        .setIssuer(teamId)
        .setSubject(clientId)
        .setAudience(ISSUER)
        .setIssuedAt()
        .setExpirationTime(SECRET_TTL)
        .sign(key),
  };
}

/** The message of the parser may quote the key. */
function readKey(pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw AuthError.configuration('apple.privateKey', 'must be the text of the .p8 file that Apple gave you');
}
