import type { IncomingMessage, ServerResponse } from 'node:http';
import { type DemoConfig, pageAddress, type ProviderSettings } from '../config/index.js';
import { isDirect, isNamedLoopback } from '../loopback.js';
import type { ProviderClient } from './example-provider.js';

/** The path under which the demo acts as a provider. */
const PATH = '/example-provider';
/** Its name in the routes; the page says "Sign in with Example". */
const NAME = 'example';

export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
) => void;

/** An OpenID provider to try the sign-in with. */
export interface LocalProvider {
  readonly providers: ProviderSettings;
  /** Answers under it. */
  readonly path: string;
  readonly answer: Middleware;
}

/**
 * Loaded at the first request, so that the start is not slower. Undefined if OIDC_PROVIDERS is set, in production,
 * without the development dependencies, over TLS (this process does not trust its own certificate), and if the
 * address is not known yet (PORT=0) or is not on this machine.
 */
export function localProvider(config: DemoConfig): LocalProvider | undefined {
  const address = pageAddress(config);
  if (config.factors.providers || process.env['NODE_ENV'] === 'production') return undefined;
  // a content security policy cannot name [::1], but the form of the provider leads there
  if (address === undefined || address.includes('[') || config.tls || !isInstalled())
    return undefined;
  const issuer = address + PATH;
  const prefix = config.hostPrefix === undefined ? '' : `/${config.hostPrefix}`;
  const routes = `${prefix}/auth/oidc/${NAME}`;
  const client: ProviderClient = {
    clientId: 'tokenward-demo',
    // the page may be opened by any name of this machine
    origins: ['127.0.0.1', 'localhost'].map((name) => `http://${name}:${String(config.port)}`),
    callbackPath: `${routes}/callback`,
    logoutUrl: `${address}${routes}/backchannel-logout`,
  };
  let made:
    Promise<(request: IncomingMessage, response: ServerResponse) => Promise<void>> | undefined;
  return {
    providers: { [NAME]: { issuer, clientId: client.clientId } },
    path: PATH,
    answer: (request, response, next) => {
      if (!isDirect(request) || !isNamedLoopback(request)) return next();
      made ??= import('./example-provider.js').then(({ exampleProvider }) =>
        exampleProvider(issuer, client),
      );
      made
        .then((answer) => answer(request, response))
        .catch(() => {
          if (!response.headersSent) response.writeHead(500);
          response.end();
        });
    },
  };
}

function isInstalled(): boolean {
  try {
    return ['oidc-provider', 'openid-client'].every((name) => import.meta.resolve(name) !== '');
  } catch {
    return false;
  }
}
