import * as client from 'openid-client';
import { AuthError } from '../common/auth-error.js';
import type { OidcAnswer, OidcPerson, OidcRequest } from '../options/oidc-options.js';
import type { CheckedProvider } from './oidc-schema.js';

/** OpenID Connect Core 1.0, section 5.5: whoever can say it says when the person proved a credential. */
const AUTH_TIME = JSON.stringify({ id_token: { auth_time: { essential: true } } });
/** After a failed look at the discovery document: otherwise each stranger who begins a sign-in makes one. */
const COOL_DOWN_MS = 5_000;

/** One provider. What its discovery document says is kept; that it could not be had is kept for 5 s. */
export class ProviderClient {
  private known: Promise<client.Configuration> | undefined;

  constructor(
    private readonly name: string,
    private readonly provider: CheckedProvider,
    private readonly timeoutMs: number,
  ) {}

  async authorizationUrl(request: OidcRequest): Promise<string> {
    const { redirectUri, state, nonce, verifier, maxAgeSeconds } = request;
    const configuration = await this.configuration();
    const asksAuthTime = configuration.serverMetadata().claims_parameter_supported === true;
    const url = client.buildAuthorizationUrl(configuration, {
      ...{ redirect_uri: redirectUri, scope: this.provider.scope, state, nonce },
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(maxAgeSeconds !== undefined && { max_age: String(maxAgeSeconds) }),
      ...(asksAuthTime && { claims: AUTH_TIME }),
    });
    return url.href;
  }

  async person(parameters: URLSearchParams, request: OidcRequest): Promise<OidcAnswer> {
    const configuration = await this.configuration();
    const url = new URL(request.redirectUri);
    url.search = parameters.toString();
    try {
      const tokens = await client.authorizationCodeGrant(configuration, url, {
        ...{ expectedState: request.state, expectedNonce: request.nonce, idTokenExpected: true },
        pkceCodeVerifier: request.verifier,
        ...(request.maxAgeSeconds !== undefined && { maxAge: request.maxAgeSeconds }),
      });
      const claims = tokens.claims();
      if (!claims) return { kind: 'refused', detail: 'no id_token' };
      const told = await this.withEmail(configuration, tokens.access_token, claims);
      return { kind: 'person', person: this.personOf(claims, told) };
    } catch (error) {
      if (isOutage(error)) throw this.unavailable(error);
      return { kind: 'refused', detail: describe(error) };
    }
  }

  /** Some tell the email at the userinfo endpoint alone (OpenID Connect Core 1.0, section 5.4). `sub` must be the same there. */
  private async withEmail(
    configuration: client.Configuration,
    accessToken: string,
    claims: client.IDToken,
  ): Promise<Claims> {
    const asks = this.provider.scope.split(' ').includes('email');
    if (!asks || claims['email'] !== undefined || !configuration.serverMetadata().userinfo_endpoint)
      return claims;
    return client.fetchUserInfo(configuration, accessToken, claims.sub);
  }

  private personOf({ sub, sid, auth_time: authTime }: client.IDToken, told: Claims): OidcPerson {
    const { email, name, email_verified: verified } = told;
    return {
      // what the provider was found under, and what the library compared the token with
      issuer: this.provider.issuer,
      issuerSubject: sub,
      ...(typeof email === 'string' && email !== '' && { email }),
      // only a boolean: some providers write the text "false"
      emailVerified: this.provider.trustEmail || verified === true,
      ...(typeof name === 'string' && name.trim() !== '' && { name }),
      ...(authTime !== undefined && { authTimeSeconds: authTime }),
      ...(typeof sid === 'string' && { providerSession: sid }),
    };
  }

  private configuration(): Promise<client.Configuration> {
    this.known ??= this.discover().catch((error: unknown) => {
      setTimeout(() => (this.known = undefined), COOL_DOWN_MS).unref();
      throw this.unavailable(error);
    });
    return this.known;
  }

  private discover(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret, clientAuthentication } = this.provider;
    const url = new URL(issuer);
    const authentication =
      clientSecret === undefined
        ? client.None()
        : clientAuthentication === 'client_secret_basic'
          ? client.ClientSecretBasic(clientSecret)
          : client.ClientSecretPost(clientSecret);
    return client.discovery(url, clientId, undefined, authentication, {
      timeout: this.timeoutMs / 1000,
      // the signature of the id_token too, although it came over TLS: contract, section 9
      execute: [
        client.enableNonRepudiationChecks,
        // the schema lets http through on loopback alone
        ...(url.protocol === 'http:' ? [client.allowInsecureRequests] : []),
      ],
    });
  }

  private unavailable(error: unknown): AuthError {
    return AuthError.unavailable(`the provider ${this.name} does not answer: ${describe(error)}`);
  }
}

type Claims = Readonly<Record<string, unknown>>;

const OUTAGES = new Set(['OAUTH_TIMEOUT', 'OAUTH_ABORT']);

/** Nobody answered, or the provider says that it is down: the person may try again. */
function isOutage(error: unknown): boolean {
  if (!isError(error)) return false;
  const { code, cause } = error;
  if (code !== undefined) return OUTAGES.has(String(code)) || statusOf(cause) >= 500;
  // what `fetch` throws where no answer came, bare or wrapped
  return error.name === 'TypeError' || isOutage(cause);
}

/** By shape: a test runner, or another copy of the library, has classes of its own. */
function isError(error: unknown): error is { name: string; code?: unknown; cause?: unknown } {
  return typeof error === 'object' && error !== null && 'name' in error;
}

function statusOf(cause: unknown): number {
  return typeof cause === 'object' && cause !== null && 'status' in cause ? Number(cause.status) : 0;
}

/** Names and codes alone: a message or a cause may hold a code, a token, or what the provider wrote. */
function describe(error: unknown): string {
  if (!isError(error)) return 'not an Error';
  const parts = [error.name, error.code, 'error' in error && error.error];
  return parts.filter((part) => typeof part === 'string' && /^[\w.-]{1,64}$/.test(part)).join(' ');
}
