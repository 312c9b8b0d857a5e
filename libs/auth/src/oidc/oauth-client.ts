import * as client from 'openid-client';
import { isLoopbackHost } from '../common/loopback.js';
import type { OidcAnswer, OidcLogoutAnswer, OidcRequest } from '../options/oidc-options.js';
import { authenticationOf, tokenParameters } from './client-authentication.js';
import type { CheckedProvider, OAuthEndpoints } from './oidc-schema.js';
import { refusedOr } from './provider-failure.js';

/**
 * A provider without id_tokens (RFC 6749, section 4.1, with PKCE): an endpoint that is asked with the access token says
 * who signed in. It does not say when the person proved a credential, so that the session opens without a fresh proof.
 */
export class OAuthClient {
  private readonly configuration: client.Configuration;

  constructor(
    private readonly name: string,
    private readonly provider: CheckedProvider,
    private readonly endpoints: OAuthEndpoints,
    timeoutMs: number,
  ) {
    const { issuer, clientId } = provider;
    const { authorizationEndpoint, tokenEndpoint } = endpoints;
    this.configuration = new client.Configuration(
      { issuer, authorization_endpoint: authorizationEndpoint, token_endpoint: tokenEndpoint },
      clientId,
      undefined,
      authenticationOf(provider),
    );
    this.configuration.timeout = timeoutMs / 1000;
    const { protocol, hostname } = new URL(tokenEndpoint);
    if (protocol === 'http:' && isLoopbackHost(hostname))
      client.allowInsecureRequests(this.configuration);
  }

  async authorizationUrl({ redirectUri, state, verifier }: OidcRequest): Promise<string> {
    const url = client.buildAuthorizationUrl(this.configuration, {
      redirect_uri: redirectUri,
      scope: this.provider.scope,
      state,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return url.href;
  }

  async person(parameters: URLSearchParams, request: OidcRequest): Promise<OidcAnswer> {
    const { maxAgeSeconds, redirectUri, state, verifier } = request;
    if (maxAgeSeconds !== undefined) return { kind: 'refused', detail: 'auth_time is not told' };
    const url = new URL(redirectUri);
    url.search = parameters.toString();
    try {
      const tokens = await client.authorizationCodeGrant(
        this.configuration,
        url,
        {
          expectedState: state,
          pkceCodeVerifier: verifier,
        },
        await tokenParameters(this.provider),
      );
      const { subject, email, emailVerified, name } = await this.endpoints.person((address) =>
        this.get(address, tokens.access_token),
      );
      const { issuer, trustEmail } = this.provider;
      return {
        kind: 'person',
        person: {
          issuer,
          issuerSubject: subject,
          emailVerified: emailVerified || trustEmail,
          ...(email !== undefined && { email }),
          ...(name !== undefined && { name }),
        },
      };
    } catch (error) {
      return refusedOr(error, this.name);
    }
  }

  logout(): Promise<OidcLogoutAnswer> {
    return Promise.resolve({ kind: 'refused', detail: 'a provider without id_tokens' });
  }

  private async get(address: string, accessToken: string): Promise<unknown> {
    const headers = new Headers({ accept: 'application/json' });
    const url = new URL(address);
    const { configuration } = this;
    const answer = await client.fetchProtectedResource(
      configuration,
      accessToken,
      url,
      'GET',
      null,
      headers,
    );
    if (answer.status === 200) return answer.json();
    throw Object.assign(new Error('an answer of another status'), {
      code: 'STATUS',
      cause: answer,
    });
  }
}
