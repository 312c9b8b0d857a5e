import { z } from 'zod';
import type { Duration } from '../common/duration.js';
import { isLoopbackHost } from '../common/loopback.js';
import { duration, exactText, flag, group, hook, oneOf, text } from '../common/option-schema.js';

export interface OidcProvider {
  /** As its discovery document spells it: `https://accounts.google.com`. http on loopback alone, for development. */
  readonly issuer: string;
  readonly clientId: string;
  /** None: a public client, which PKCE alone protects. */
  readonly clientSecret?: string;
  /** Makes the secret at each request to the token endpoint, in place of `clientSecret`; it is sent in the body. Apple’s is a JWT that expires. */
  readonly mintSecret?: () => string | Promise<string>;
  /** How the secret is sent. Default `client_secret_basic`. */
  readonly clientAuthentication?: 'client_secret_basic' | 'client_secret_post';
  /** Default `openid email profile`. */
  readonly scope?: string;
  /**
   * Whether every email of it counts as verified, whatever it says: for an issuer of which you alone decide who has which email. Default false:
   * `email_verified` decides.
   */
  readonly trustEmail?: boolean;
  /** Whether `email_verified` may be the text `true`, as Apple writes it. Default false. */
  readonly textFlags?: boolean;
  /** How the answer comes back; `form_post` where the provider wants it (Apple). Default `query`. */
  readonly responseMode?: 'query' | 'form_post';
  /** Of a provider without id_tokens (plain OAuth, as GitHub's). Default: its discovery document says where everything is. */
  readonly oauth?: OAuthEndpoints;
}

export interface OAuthEndpoints {
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  /** Who signed in. `get` asks a URL with the access token, and gives the JSON of the answer; an answer other than 200 is thrown, and refuses the sign-in. */
  readonly person: (get: (url: string) => Promise<unknown>) => Promise<OAuthPerson>;
}

export interface OAuthPerson {
  /** What never changes and is given to nobody else: a number, not a name. */
  readonly subject: string;
  readonly email?: string;
  readonly emailVerified: boolean;
  readonly name?: string;
}

export interface OidcOptions {
  /** By the name that the routes get: `google` is signed in with at `/auth/oidc/google`. Lower-case letters, digits and dashes. */
  readonly providers: Readonly<Record<string, OidcProvider>>;
  /**
   * Where browsers find the auth routes: `https://app.example.com/auth`. The provider must know `<publicUrl>/oidc/<name>/callback` as a redirect
   * URI. Default: where the request came to, on loopback alone, for development.
   */
  readonly publicUrl?: string;
  /** Whether an unknown person gets an account. Default true. */
  readonly createAccounts?: boolean;
  /**
   * Whether an unknown person joins the account of the same email, where the provider and this service both know it as verified. Default false:
   * its owner, signed in, links it. Turn it on only for providers that verify emails themselves.
   */
  readonly linkByVerifiedEmail?: boolean;
  /** Deadline of each request to a provider. Default `5s`. */
  readonly timeout?: Duration;
}

function isSecureUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
  return secure && url.search === '' && url.hash === '' && !/[?#]/.test(value) && url.username === '';
}

export const secureUrl = (example: string) => {
  const cure = `an https URL such as ${example}, without query and fragment (http on loopback alone)`;
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
  clientAuthentication: oneOf(['client_secret_basic', 'client_secret_post']).prefault('client_secret_basic'),
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
    .refine((given) => Object.keys(given).length > 0, 'is empty: name a provider, or leave oidc(…) out')
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
