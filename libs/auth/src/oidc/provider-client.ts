import * as client from 'openid-client';
import type {
  OidcAnswer,
  OidcLogoutAnswer,
  OidcPerson,
  OidcRequest,
} from '../options/oidc-options.js';
import { logoutTokens } from './logout-token.js';
import { refusedOr, unavailable } from './provider-failure.js';
import { authenticationOf, tokenParameters } from './client-authentication.js';
import { nameIn } from './name-in-form.js';
import type { CheckedProvider } from './oidc-schema.js';

/** OpenID Connect Core 1.0, section 5.5: asks for `auth_time`, which not every provider tells. */
const AUTH_TIME = JSON.stringify({ id_token: { auth_time: { essential: true } } });
/**
 * How long a failed request for the discovery document is remembered: otherwise each stranger who begins a sign-in
 * causes another one.
 */
const COOL_DOWN_MS = 5_000;

/** One provider. Its discovery document is kept; a failure to fetch it is remembered for 5 s. */
export class ProviderClient {
  private known: Promise<client.Configuration> | undefined;
  private judge: ReturnType<typeof logoutTokens> | undefined;

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
      redirect_uri: redirectUri,
      scope: this.provider.scope,
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(this.provider.responseMode !== 'query' && { response_mode: this.provider.responseMode }),
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
      const tokens = await client.authorizationCodeGrant(
        configuration,
        url,
        {
          expectedState: request.state,
          expectedNonce: request.nonce,
          idTokenExpected: true,
          pkceCodeVerifier: request.verifier,
          ...(request.maxAgeSeconds !== undefined && { maxAge: request.maxAgeSeconds }),
        },
        await tokenParameters(this.provider),
      );
      const claims = tokens.claims();
      if (!claims) return { kind: 'refused', detail: 'no id_token' };
      const told = await this.withEmail(configuration, tokens.access_token, claims);
      return { kind: 'person', person: this.personOf(claims, told, nameIn(parameters)) };
    } catch (error) {
      return refusedOr(error, this.name);
    }
  }

  async logout(logoutToken: string): Promise<OidcLogoutAnswer> {
    const metadata = (await this.configuration()).serverMetadata();
    const { jwks_uri: jwksUri, id_token_signing_alg_values_supported: algorithms } = metadata;
    if (jwksUri === undefined) return { kind: 'refused', detail: 'no jwks_uri' };
    const { issuer, clientId } = this.provider;
    // a sign-in refuses this too: whoever answers in its place could sign everybody out
    if (issuer.startsWith('https:') && !jwksUri.startsWith('https:'))
      return { kind: 'refused', detail: 'a jwks_uri without TLS' };
    this.judge ??= logoutTokens({
      issuer,
      clientId,
      jwksUri,
      algorithms,
      timeoutMs: this.timeoutMs,
    });
    try {
      return await this.judge(logoutToken);
    } catch (error) {
      return refusedOr(error, this.name);
    }
  }

  /**
   * Some providers tell the email only at the userinfo endpoint (OpenID Connect Core 1.0, section 5.4). Its `sub` must
   * be that of the id_token.
   */
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

  private personOf(
    { sub, sid, iat, auth_time: authTime }: client.IDToken,
    told: Claims,
    sent?: string,
  ): OidcPerson {
    const { email, name = sent, email_verified: verified } = told;
    const { trustEmail, textFlags } = this.provider;
    return {
      // the issuer of the discovery document, with which the library has compared that of the token
      issuer: this.provider.issuer,
      issuerSubject: sub,
      ...(typeof email === 'string' && email !== '' && { email }),
      // some providers write the text "false"
      emailVerified: trustEmail || verified === true || (textFlags && verified === 'true'),
      ...(typeof name === 'string' && name.trim() !== '' && { name }),
      ...(authTime !== undefined && { authTimeSeconds: authTime }),
      ...(typeof sid === 'string' && sid !== '' && { sid }),
      issuedAtSeconds: iat,
    };
  }

  private configuration(): Promise<client.Configuration> {
    this.known ??= this.discover().catch((error: unknown) => {
      setTimeout(() => (this.known = undefined), COOL_DOWN_MS).unref();
      throw unavailable(error, this.name);
    });
    return this.known;
  }

  private discover(): Promise<client.Configuration> {
    const { issuer, clientId } = this.provider;
    const url = new URL(issuer);
    return client.discovery(url, clientId, undefined, authenticationOf(this.provider), {
      timeout: this.timeoutMs / 1000,
      // the signature of the id_token too, although it came over TLS: contract, section 9
      execute: [
        client.enableNonRepudiationChecks,
        // the schema accepts http only on loopback
        ...(url.protocol === 'http:' ? [client.allowInsecureRequests] : []),
      ],
    });
  }
}

type Claims = Readonly<Record<string, unknown>>;
