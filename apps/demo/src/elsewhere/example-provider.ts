import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import Provider, { type Configuration } from 'oidc-provider';
import { pagePolicy, signInPage } from './example-page.js';

/** The demo, as the provider knows it. */
export interface ProviderClient {
  readonly clientId: string;
  readonly origins: readonly string[];
  readonly callbackPath: string;
  /** Called when somebody signs out at the provider. */
  readonly logoutUrl: string;
}

interface Person {
  readonly email: string;
  readonly email_verified: boolean;
}

const SCOPE = 'openid email profile';
const SIGN_IN = /^\/sign-in\/([\w-]{1,64})$/;
const MAX_FORM_BYTES = 4096;

/**
 * An OpenID provider that trusts the person at the machine and only asks for an email. Keys, people and sessions are
 * in memory and lost with the process; the same email is the same person afterwards.
 */
export function exampleProvider(issuer: string, client: ProviderClient) {
  const { pathname } = new URL(issuer);
  const people = new Map<string, Person>();
  const provider = new Provider(issuer, configurationOf(pathname, client, people));

  async function signIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await provider.interactionDetails(request, response).catch(() => undefined);
    if (!asked) {
      response.writeHead(400, { 'content-type': 'text/plain' });
      return void response.end(
        'This sign-in is over, or began in another browser. Begin it again.',
      );
    }
    if (request.method !== 'POST') {
      response.setHeader('content-security-policy', pagePolicy(client.origins));
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
      });
      return void response.end(signInPage(`${pathname}/sign-in/${asked.uid}`));
    }
    const form = new URLSearchParams((await text(request)).slice(0, MAX_FORM_BYTES));
    const email = (form.get('email') ?? '').trim().toLowerCase();
    if (form.has('refuse') || email === '')
      return provider.interactionFinished(request, response, { error: 'access_denied' });
    const accountId = createHash('sha256').update(email).digest('base64url');
    people.set(accountId, { email, email_verified: form.has('verified') });
    await provider.interactionFinished(request, response, { login: { accountId } });
  }

  const answer = provider.callback();
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = ''] = (request.url ?? '').split('?', 1);
    await (SIGN_IN.test(path) ? signIn(request, response) : answer(request, response));
  };
}

function configurationOf(
  pathname: string,
  { clientId, origins, callbackPath, logoutUrl }: ProviderClient,
  people: ReadonlyMap<string, Person>,
): Configuration {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    jwks: {
      keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'example', alg: 'RS256', use: 'sig' }],
    },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clients: [
      {
        client_id: clientId,
        // PKCE alone protects it
        token_endpoint_auth_method: 'none',
        redirect_uris: origins.map((origin) => origin + callbackPath),
        response_types: ['code'],
        grant_types: ['authorization_code'],
        // otherwise the id_token does not say how old the proof is
        require_auth_time: true,
        backchannel_logout_uri: logoutUrl,
        backchannel_logout_session_required: true,
      },
    ],
    scopes: SCOPE.split(' '),
    responseTypes: ['code'],
    claims: { email: ['email', 'email_verified'], profile: ['name'] },
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    interactions: { url: (_context, { uid }) => `${pathname}/sign-in/${uid}` },
    findAccount: (_context, accountId) => {
      const person = people.get(accountId);
      return person && { accountId, claims: () => ({ sub: accountId, ...person }) };
    },
    // no consent page: the person has just typed the email for the demo
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session?.accountId ?? '' });
      grant.addOIDCScope(SCOPE);
      await grant.save();
      return grant;
    },
    // the provider's own fetch refuses to call this machine
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined } as RequestInit),
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      IdToken: 300,
      Interaction: 600,
      Grant: 3600,
      Session: 3600,
    },
  };
}
