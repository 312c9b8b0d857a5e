import * as client from 'openid-client';
import type { CheckedProvider } from './oidc-schema.js';

/** How the token endpoint knows that it is us. A minted secret goes with `tokenParameters`. */
export function authenticationOf({ clientSecret, clientAuthentication }: CheckedProvider): client.ClientAuth {
  if (clientSecret === undefined) return client.None();
  return clientAuthentication === 'client_secret_basic'
    ? client.ClientSecretBasic(clientSecret)
    : client.ClientSecretPost(clientSecret);
}

/** What the token endpoint is told beside the code. */
export async function tokenParameters({
  mintSecret,
}: CheckedProvider): Promise<Readonly<Record<string, string>>> {
  return mintSecret ? { client_secret: await mintSecret() } : {};
}
