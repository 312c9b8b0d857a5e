import { z } from 'zod';
import { exactText, group } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import { type OAuthEndpoints, type OidcProvider, secureUrl } from './oidc-schema.js';

export interface GitHubOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  /** A GitHub Enterprise Server: `https://github.example.com`. Default: github.com. */
  readonly server?: string;
}

const PUBLIC = 'https://github.com';

export const githubSchema = group({
  clientId: exactText('the client id that GitHub gave you'),
  clientSecret: exactText('the client secret that GitHub gave you'),
  server: secureUrl('https://github.example.com')
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
});

const userSchema = z.object({ id: z.int().positive(), name: z.string().nullish() });
const emailsSchema = z.array(
  z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }),
);

/**
 * Sign-in with GitHub. An account is known by its number, because names change hands. The email is the primary one,
 * where GitHub has verified it.
 */
export function github(options: GitHubOptions): OidcProvider {
  const given = readOptions(githubSchema, options, { of: 'github', prefix: 'github' });
  const { server: issuer = PUBLIC, ...credentials } = given;
  const api = issuer === PUBLIC ? 'https://api.github.com' : `${issuer}/api/v3`;
  const person: OAuthEndpoints['person'] = async (get) => {
    const { id, name } = userSchema.parse(await get(`${api}/user`));
    const emails = emailsSchema.parse(await get(`${api}/user/emails`));
    const email = emails.find(({ primary, verified }) => primary && verified)?.email;
    return {
      subject: String(id),
      emailVerified: email !== undefined,
      ...(email !== undefined && { email }),
      ...(typeof name === 'string' && { name }),
    };
  };
  return {
    issuer,
    ...credentials,
    clientAuthentication: 'client_secret_post',
    scope: 'read:user user:email',
    oauth: {
      authorizationEndpoint: `${issuer}/login/oauth/authorize`,
      tokenEndpoint: `${issuer}/login/oauth/access_token`,
      person,
    },
  };
}
