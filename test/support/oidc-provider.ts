import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';

const CLIENT = { client_id: 'worker', client_secret: 'a secret of the test, long enough' };
export const RESOURCE = 'https://api.example.com';

/**
 * `oidc-provider` on loopback, as somebody else runs it: it signs JWT access tokens of RFC 9068 for the resource that a
 * client names (RFC 8707).
 */
export class RealIssuer {
  readonly #keys = new Map<string, JWK>();
  #answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) =>
    response.end();
  #server: Server;
  #port = 0;

  private constructor() {
    this.#server = this.#made();
  }

  static async start(...kids: readonly [string, ...string[]]): Promise<RealIssuer> {
    const issuer = new RealIssuer();
    await issuer.up();
    await issuer.serve(...kids);
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.#port)}`;
  }

  /** Publishes these keys from now on, and signs with the first. */
  async serve(...kids: readonly [string, ...string[]]): Promise<void> {
    const keys = await Promise.all(kids.map((kid) => this.#key(kid)));
    const answer = new Provider(this.url, configurationOf(keys, kids[0])).callback();
    this.#answer = (request, response) => void answer(request, response);
  }

  /** A token from the token endpoint; without a resource it is not a JWT. */
  async token(resource?: string): Promise<string> {
    const form = {
      grant_type: 'client_credentials',
      ...CLIENT,
      ...(resource !== undefined && { resource }),
    };
    const answer = await fetch(`${this.url}/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    const { access_token: token } = (await answer.json()) as { access_token?: string };
    if (token === undefined)
      throw new Error(`the provider gave no token: ${String(answer.status)}`);
    return token;
  }

  async up(): Promise<void> {
    this.#server = this.#made();
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async down(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #made(): Server {
    return createServer((request, response) => {
      this.#answer(request, response);
    });
  }

  async #key(kid: string): Promise<JWK> {
    const known = this.#keys.get(kid);
    if (known) return known;
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const made = { ...(await exportJWK(privateKey)), kid, use: 'sig' };
    this.#keys.set(kid, made);
    return made;
  }
}

function configurationOf(keys: readonly JWK[], kid: string): Configuration {
  return {
    jwks: { keys: [...keys] as NonNullable<Configuration['jwks']>['keys'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clients: [
      {
        ...CLIENT,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          scope: 'notes:read',
          audience: resource,
          accessTokenTTL: 3600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256', kid } },
        }),
      },
    },
    ttl: { ClientCredentials: 3600 },
  };
}
