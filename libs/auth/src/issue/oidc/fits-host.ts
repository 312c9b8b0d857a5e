import { AuthError } from '../../common/auth-error.js';
import type { OidcMethod } from '../../options/oidc-options.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { UserDirectory } from '../../storage/user-directory.port.js';

type Options = Pick<ResolvedAuthOptions, 'transports' | 'identifier'>;

/** Throws `configuration_invalid` where the options rule out every sign-in at a provider. */
export function assertFitsHost(
  { createAccounts, publicUrl }: OidcMethod,
  { transports, identifier }: Options,
  users: UserDirectory,
): void {
  // a token in a redirect would be kept in histories and logs
  if (!transports.allowed.includes('cookie'))
    throw AuthError.configuration(
      'transports.allowed',
      'lacks cookie, but a sign-in by oidc(…) is answered with cookies; add it, or leave oidc(…) out',
    );
  if (publicUrl === undefined && process.env['NODE_ENV'] === 'production')
    throw AuthError.configuration(
      'oidc.publicUrl',
      'is missing: without it sign-in at a provider works on loopback only; give the URL of the auth routes as browsers see it, such as https://app.example.com/auth',
    );
  if (!createAccounts) return;
  if (identifier.name !== 'email')
    throw AuthError.configuration(
      'oidc.createAccounts',
      `is on, but a provider does not tell a ${identifier.name} (identifier.name); set it to false`,
    );
  if (!users.create)
    throw AuthError.configuration(
      'oidc.createAccounts',
      'is on, and the user directory has no `create`; write it, or set the option to false',
    );
}
