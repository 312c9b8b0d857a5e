import { exactText, group, text } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import type { OidcProvider } from './oidc-schema.js';

export interface GoogleOptions {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface MicrosoftOptions extends GoogleOptions {
  /**
   * The id of your directory, a UUID. `common` and `organizations` are refused: then anybody's directory signs people in, and its administrator writes
   * what their emails are.
   */
  readonly tenant: string;
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
const client = {
  clientId: exactText('the client id that the provider gave you'),
  clientSecret: exactText('the client secret that the provider gave you'),
};

export const googleSchema = group(client);
export const microsoftSchema = group({
  ...client,
  tenant: text('the id of your directory, a UUID in lower case; common and organizations are anybody', UUID),
});

/** Accounts of Google. `email_verified` is theirs to say. */
export function google(options: GoogleOptions): OidcProvider {
  const given = readOptions(googleSchema, options, { of: 'google', prefix: 'google' });
  return { issuer: 'https://accounts.google.com', ...given };
}

/** Microsoft Entra ID, one directory. It says nothing of whether an email is verified, so none counts as such: set `trustEmail` beside it where you administer the directory. */
export function microsoft(options: MicrosoftOptions): OidcProvider {
  const given = readOptions(microsoftSchema, options, { of: 'microsoft', prefix: 'microsoft' });
  const { tenant, ...credentials } = given;
  return { issuer: `https://login.microsoftonline.com/${tenant}/v2.0`, ...credentials };
}
