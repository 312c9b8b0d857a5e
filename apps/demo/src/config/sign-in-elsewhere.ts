import type { FactorMethod } from '@tokenward/nestjs/options';
import { oidc } from '@tokenward/nestjs/oidc';
import { pageAddress } from './auth-options.js';
import type { DemoConfig } from './demo-config.js';
import type { ProviderSettings } from './read-providers.js';

/**
 * Sign-in at those providers. The redirect URI follows the address at which the page is opened, which is on this
 * machine. In production it must come from configuration.
 * @throws AuthError `configuration_invalid` when a provider is refused
 */
export function signInElsewhere(
  config: DemoConfig,
  providers: ProviderSettings,
): readonly FactorMethod[] {
  const prefix =
    config.hostPrefix === undefined ? '' : `/${config.hostPrefix.replaceAll(/^\/|\/$/g, '')}`;
  const address = process.env['NODE_ENV'] === 'production' ? pageAddress(config) : undefined;
  return [
    oidc({ providers, ...(address !== undefined && { publicUrl: `${address}${prefix}/auth` }) }),
  ];
}
