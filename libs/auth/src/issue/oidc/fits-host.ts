import { AuthError } from '../../common/auth-error.js';
import type { OidcMethod } from '../../options/oidc-options.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { UserDirectory } from '../../storage/user-directory.port.js';

type Options = Pick<ResolvedAuthOptions, 'transports' | 'identifier'>;

/** Throws `configuration_invalid` where a sign-in at a provider could not end as the options want it. */
export function assertFitsHost(
  { createAccounts, publicUrl }: OidcMethod,
  { transports, identifier }: Options,
  users: UserDirectory,
): void {
  // a token in a redirect would be in histories and logs
  if (!transports.allowed.includes('cookie'))
    throw AuthError.configuration(
      'transports.allowed',
      'lacks cookie, and a sign-in by oidc(…) is answered with cookies alone; add it, or leave oidc(…) out',
    );
  if (publicUrl === undefined && process.env['NODE_ENV'] === 'production')
    throw AuthError.configuration(
      'oidc.publicUrl',
      'is missing, and without it sign-in at a provider works on loopback alone; name the auth routes as browsers see them, https://app.example.com/auth say',
    );
  if (!createAccounts) return;
  if (identifier.name !== 'email')
    throw AuthError.configuration(
      'oidc.createAccounts',
      `is on, and a provider tells no ${identifier.name} (identifier.name); set it to false`,
    );
  if (!users.create)
    throw AuthError.configuration(
      'oidc.createAccounts',
      'is on, and the user directory has no `create`; write it, or set the option to false',
    );
}
