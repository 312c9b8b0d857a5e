import { exactText, group, text } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import type { OidcProvider } from './oidc-schema.js';

export interface GoogleOptions {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface MicrosoftOptions extends GoogleOptions {
  /**
   * The id of your directory, a UUID. `common` and `organizations` are refused: they let people of any directory sign
   * in, with any email that its administrator writes.
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
  tenant: text(
    'the id of your directory, a UUID in lower case; common and organizations would let everybody in',
    UUID,
  ),
});

/** Sign-in with Google. An email is verified where Google's `email_verified` says so. */
export function google(options: GoogleOptions): OidcProvider {
  const given = readOptions(googleSchema, options, { of: 'google', prefix: 'google' });
  return { issuer: 'https://accounts.google.com', ...given };
}

/**
 * Sign-in with Microsoft Entra ID, of one directory. It does not say whether an email is verified, so none counts as
 * verified; set `trustEmail` as well where you administer the directory.
 */
export function microsoft(options: MicrosoftOptions): OidcProvider {
  const given = readOptions(microsoftSchema, options, { of: 'microsoft', prefix: 'microsoft' });
  const { tenant, ...credentials } = given;
  return { issuer: `https://login.microsoftonline.com/${tenant}/v2.0`, ...credentials };
}
