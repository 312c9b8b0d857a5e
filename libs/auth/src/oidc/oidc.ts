import { readOptions } from '../common/read-options.js';
import type { OidcMethod } from '../options/oidc-options.js';
import { type CheckedProvider, type OidcOptions, oidcSchema } from './oidc-schema.js';
import { OAuthClient } from './oauth-client.js';
import { ProviderClient } from './provider-client.js';

/**
 * Sign-in at OpenID providers (OpenID Connect Core 1.0, section 3.1), by `openid-client`: the code flow with `state`,
 * `nonce` and PKCE. A provider without id_tokens is asked who it is with the access token.
 */
export function oidc(options: OidcOptions): OidcMethod {
  const checked = readOptions(oidcSchema, options, { of: 'oidc', prefix: 'oidc' });
  const { providers, publicUrl, createAccounts, linkByVerifiedEmail, timeout: timeoutMs } = checked;
  const clients = new Map(
    Object.entries(providers).map(([name, each]) => [name, clientFor(name, each, timeoutMs)]),
  );
  const clientOf = (name: string): ProviderClient | OAuthClient => {
    const found = clients.get(name);
    if (!found) throw new TypeError(`no provider ${name}`);
    return found;
  };
  return {
    kind: 'oidc',
    publicUrl,
    createAccounts,
    linkByVerifiedEmail,
    issuers: new Map(Object.entries(providers).map(([name, { issuer }]) => [name, issuer])),
    authorizationUrl: (provider, request) => clientOf(provider).authorizationUrl(request),
    person: (provider, parameters, request) => clientOf(provider).person(parameters, request),
    logout: (provider, logoutToken) => clientOf(provider).logout(logoutToken),
  };
}

function clientFor(
  name: string,
  provider: CheckedProvider,
  timeoutMs: number,
): ProviderClient | OAuthClient {
  const { oauth } = provider;
  return oauth
    ? new OAuthClient(name, provider, oauth, timeoutMs)
    : new ProviderClient(name, provider, timeoutMs);
}
