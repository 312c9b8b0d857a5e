import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { AuthError } from '../common/auth-error.js';
import { exactText, group, text } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import type { OidcProvider } from './oidc-schema.js';

export interface AppleOptions {
  /** The Services ID of your website. */
  readonly clientId: string;
  /** The id of your team: ten capital letters and digits. */
  readonly teamId: string;
  /** The id of the key for "Sign in with Apple": ten capital letters and digits. */
  readonly keyId: string;
  /** The text of the `.p8` file: a P-256 key as PEM. */
  readonly privateKey: string;
}

const ISSUER = 'https://appleid.apple.com';
const TEN = /^[A-Z0-9]{10}$/;
/** A new one is made for each request. Apple accepts at most half a year. */
const SECRET_TTL = '5m';

export const appleSchema = group({
  clientId: exactText('the Services ID'),
  teamId: text('the id of the team, ten capital letters and digits', TEN),
  keyId: text('the id of the key, ten capital letters and digits', TEN),
  privateKey: text('the text of the .p8 file that Apple gave you'),
});

/** Sign-in with Apple. Apple posts its answer, and tells the name only the first time. */
export function apple(options: AppleOptions): OidcProvider {
  const { clientId, teamId, keyId, privateKey } = readOptions(appleSchema, options, {
    of: 'apple',
    prefix: 'apple',
  });
  const key = readKey(privateKey);
  return {
    issuer: ISSUER,
    clientId,
    clientAuthentication: 'client_secret_post',
    scope: 'openid email name',
    responseMode: 'form_post',
    textFlags: true,
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

/** Without the parser's message, which may quote the key. */
function readKey(pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw AuthError.configuration(
    'apple.privateKey',
    'must be the text of the .p8 file that Apple gave you',
  );
}
