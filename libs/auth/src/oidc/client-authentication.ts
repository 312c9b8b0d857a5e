import * as client from 'openid-client';
import type { CheckedProvider } from './oidc-schema.js';

/**
 * How the client authenticates at the token endpoint. A secret that is made for each request is sent by
 * `tokenParameters`.
 */
export function authenticationOf({
  clientSecret,
  clientAuthentication,
}: CheckedProvider): client.ClientAuth {
  if (clientSecret === undefined) return client.None();
  return clientAuthentication === 'client_secret_basic'
    ? client.ClientSecretBasic(clientSecret)
    : client.ClientSecretPost(clientSecret);
}

/** What is sent to the token endpoint beside the code. */
export async function tokenParameters({
  mintSecret,
}: CheckedProvider): Promise<Readonly<Record<string, string>>> {
  return mintSecret ? { client_secret: await mintSecret() } : {};
}
