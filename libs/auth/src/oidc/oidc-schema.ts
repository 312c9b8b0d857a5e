import { z } from 'zod';
import type { Duration } from '../common/duration.js';
import { isLoopbackHost } from '../common/loopback.js';
import { duration, exactText, flag, group, hook, oneOf, text } from '../common/option-schema.js';

export interface OidcProvider {
  /**
   * The issuer, as its discovery document spells it: `https://accounts.google.com`. http only on loopback, for
   * development.
   */
  readonly issuer: string;
  /** The client id that the provider gave you. */
  readonly clientId: string;
  /** The client secret. Default none: a public client, protected by PKCE only. */
  readonly clientSecret?: string;
  /**
   * Creates the secret for each request to the token endpoint, instead of `clientSecret`. It is sent in the body. For
   * Apple, whose secret is a JWT that expires.
   */
  readonly mintSecret?: () => string | Promise<string>;
  /** How the secret is sent. Default `client_secret_basic`. */
  readonly clientAuthentication?: 'client_secret_basic' | 'client_secret_post';
  /** The scopes to ask for, `openid` among them. Default `openid email profile`. */
  readonly scope?: string;
  /**
   * Whether every email of this issuer counts as verified, even without `email_verified`: only for an issuer where you
   * decide who has which email. Default false: `email_verified` decides.
   */
  readonly trustEmail?: boolean;
  /** Whether `email_verified` may be the text `true`, as Apple writes it. Default false. */
  readonly textFlags?: boolean;
  /** How the answer comes back; `form_post` if the provider requires it (Apple). Default `query`. */
  readonly responseMode?: 'query' | 'form_post';
  /**
   * The endpoints of a provider without id_tokens (plain OAuth, such as GitHub). Default: those of the discovery
   * document.
   */
  readonly oauth?: OAuthEndpoints;
}

export interface OAuthEndpoints {
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  /**
   * Reads who signed in. `get` requests a URL with the access token and returns the JSON of the answer; it throws for a
   * status other than 200, and the sign-in is refused.
   */
  readonly person: (get: (url: string) => Promise<unknown>) => Promise<OAuthPerson>;
}

export interface OAuthPerson {
  /** The id that never changes and is never given to another person: a number, not a name. */
  readonly subject: string;
  readonly email?: string;
  readonly emailVerified: boolean;
  readonly name?: string;
}

export interface OidcOptions {
  /**
   * The providers by the names of their routes: `google` signs in at `/auth/oidc/google`. A name has lower-case
   * letters, digits and dashes.
   */
  readonly providers: Readonly<Record<string, OidcProvider>>;
  /**
   * The URL of the auth routes as browsers see it: `https://app.example.com/auth`. Register
   * `<publicUrl>/oidc/<name>/callback` at the provider as a redirect URI. Default: the URL of the request, only on
   * loopback, for development.
   */
  readonly publicUrl?: string;
  /** Whether a person without an account gets one. Default true. */
  readonly createAccounts?: boolean;
  /**
   * Whether a person without an account signs in to the account of the same email, where the provider and this service
   * have both verified it. Default false: the owner of the account signs in and links it. Turn it on only for providers
   * that verify emails themselves.
   */
  readonly linkByVerifiedEmail?: boolean;
  /** Deadline of each request to a provider. Default `5s`. */
  readonly timeout?: Duration;
}

function isSecureUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const secure =
    url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
  return (
    secure && url.search === '' && url.hash === '' && !/[?#]/.test(value) && url.username === ''
  );
}

export const secureUrl = (example: string) => {
  const cure = `an https URL such as ${example}, without query and fragment (http only on loopback)`;
  return exactText(cure).refine(isSecureUrl, `must be ${cure}`);
};

const oauthSchema = group({
  authorizationEndpoint: secureUrl('https://github.com/login/oauth/authorize'),
  tokenEndpoint: secureUrl('https://github.com/login/oauth/access_token'),
  person: hook<OAuthEndpoints['person']>(),
});

const SCOPES = 'scopes with blanks between them, openid among them';

export const providerSchema = group({
  issuer: secureUrl('https://accounts.google.com'),
  clientId: exactText('the client id that the provider gave you'),
  clientSecret: exactText('the client secret that the provider gave you').optional(),
  clientAuthentication: oneOf(['client_secret_basic', 'client_secret_post']).prefault(
    'client_secret_basic',
  ),
  mintSecret: hook<() => string | Promise<string>>().optional(),
  scope: text(SCOPES).prefault('openid email profile'),
  trustEmail: flag().prefault(false),
  textFlags: flag().prefault(false),
  responseMode: oneOf(['query', 'form_post']).prefault('query'),
  oauth: oauthSchema.optional(),
}).refine(({ scope, oauth }) => oauth !== undefined || /(?:^| )openid(?: |$)/.test(scope), {
  path: ['scope'],
  error: `must be ${SCOPES}`,
});

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

export const oidcSchema = group({
  providers: z
    .record(z.string(), providerSchema, { error: 'must be an object of providers by their names' })
    .refine(
      (given) => Object.keys(given).length > 0,
      'is empty: name a provider, or leave oidc(…) out',
    )
    .refine(
      (given) => Object.keys(given).every((name) => NAME.test(name)),
      'has a name that is not of lower-case letters, digits and dashes, at most 32: it is part of a path',
    )
    .refine(
      (given) => !Object.hasOwn(given, 'identities'),
      'names one identities: GET /auth/oidc/identities is what a user has linked',
    )
    .refine((given) => {
      const issuers = Object.values(given).map(({ issuer }) => issuer);
      return new Set(issuers).size === issuers.length;
    }, 'names one issuer twice: an identity is its issuer and its subject there, whatever the provider is called'),
  publicUrl: secureUrl('https://app.example.com/auth')
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  createAccounts: flag().prefault(true),
  linkByVerifiedEmail: flag().prefault(false),
  timeout: duration('100ms', '60s').prefault('5s'),
});

export type CheckedProvider = z.output<typeof providerSchema>;
