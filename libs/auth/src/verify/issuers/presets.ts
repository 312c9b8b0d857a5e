import { AuthError } from '../../common/auth-error.js';
import type { Duration } from '../../common/duration.js';
import type {
  ForeignJwksOptions,
  ForeignPrincipal,
  TrustedIssuerOptions,
} from '../../options/issuer-options.js';

type Claims = Readonly<Record<string, unknown>>;

/** The options of every preset. */
interface PresetOptions {
  /**
   * The issuer's roles that count here, the strongest first. The first one that a token contains
   * becomes the caller's `role`. Default none.
   */
  readonly roles?: readonly string[];
  /** As in `trustedIssuers`. */
  readonly maxLifetime?: Duration;
  /** How the keys are fetched. The preset knows the URL. */
  readonly jwks?: Omit<ForeignJwksOptions, 'url'>;
}

export interface KeycloakOptions extends PresetOptions {
  /** The URL of Keycloak, `https://sso.example.com` (before version 17 with `/auth`). */
  readonly url: string;
  readonly realm: string;
  /** The client id of this service; an audience mapper of Keycloak puts it into `aud`. */
  readonly audience: string;
}

/**
 * Keycloak. Role: one of the realm's roles (`realm_access`). Permissions: the roles of the client
 * that `audience` names (`resource_access`).
 */
export function keycloak({
  url,
  realm,
  audience,
  roles,
  ...others
}: KeycloakOptions): TrustedIssuerOptions {
  const issuer = `${withoutSlash(url)}/realms/${encodeURIComponent(realm)}`;
  return entry(issuer, `${issuer}/protocol/openid-connect/certs`, others, {
    audience,
    principal: (claims) => ({
      id: String(claims['sub']),
      ...roleOf(member(claims['realm_access'], 'roles'), roles),
      permissions: texts(member(member(claims['resource_access'], audience), 'roles')),
    }),
  });
}

export interface Auth0Options extends PresetOptions {
  /** The domain of the tenant, or a custom one: `example.eu.auth0.com`. */
  readonly domain: string;
  /** The identifier of the API. */
  readonly audience: string;
  /** The claim that an Action fills with the roles; Auth0 requires a URL as its name. Default none. */
  readonly rolesClaim?: string;
}

/** Auth0. Permissions: `permissions` if the API adds them to its tokens (RBAC), otherwise the words of `scope`. */
export function auth0({
  domain,
  audience,
  roles,
  rolesClaim,
  ...others
}: Auth0Options): TrustedIssuerOptions {
  const issuer = `https://${domain}/`;
  return entry(issuer, `${issuer}.well-known/jwks.json`, others, {
    audience,
    principal: (claims) => ({
      id: String(claims['sub']),
      ...roleOf(rolesClaim === undefined ? undefined : claims[rolesClaim], roles),
      permissions: Array.isArray(claims['permissions'])
        ? texts(claims['permissions'])
        : words(claims['scope']),
    }),
  });
}

export interface EntraOptions extends PresetOptions {
  /**
   * The id of the directory, a UUID. `common` and `organizations` are refused, because they would
   * accept users of every directory.
   */
  readonly tenant: string;
  /** The client id of this API in tokens of version 2, its application id URI in tokens of version 1. */
  readonly audience: string | readonly string[];
  /** `accessTokenAcceptedVersion` of the app registration. Default 2. */
  readonly version?: 1 | 2;
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Microsoft Entra ID. Role: one of the app roles (`roles`). Permissions: the words of `scp`; for a
 * token of an application without a user, its `roles`.
 */
export function entra({
  tenant,
  audience,
  version = 2,
  roles,
  ...others
}: EntraOptions): TrustedIssuerOptions {
  if (!UUID.test(tenant))
    throw AuthError.configuration('entra', 'tenant must be the id of one directory, a UUID');
  const base = `https://login.microsoftonline.com/${tenant}`;
  const issuer = version === 2 ? `${base}/v2.0` : `https://sts.windows.net/${tenant}/`;
  const keys = version === 2 ? `${base}/discovery/v2.0/keys` : `${base}/discovery/keys`;
  return entry(issuer, keys, others, {
    audience,
    principal: (claims) => {
      // an ID token of the same registration has the same `aud`; only an access token names its client
      if (typeof (claims['azp'] ?? claims['appid']) !== 'string') return undefined;
      if (claims['tid'] !== tenant) return undefined;
      return {
        id: String(claims['sub']),
        ...roleOf(claims['roles'], roles),
        permissions: claims['scp'] === undefined ? texts(claims['roles']) : words(claims['scp']),
      };
    },
  });
}

export interface CognitoOptions extends PresetOptions {
  /** `eu-central-1` */
  readonly region: string;
  /** `eu-central-1_AbCdEfGhI` */
  readonly userPool: string;
  /** The ids of the app clients whose tokens are accepted here. Cognito's access tokens have no `aud`. */
  readonly clients: readonly string[];
}

/** Amazon Cognito. Role: one of the groups (`cognito:groups`). Permissions: the words of `scope`. */
export function cognito({
  region,
  userPool,
  clients,
  roles,
  ...others
}: CognitoOptions): TrustedIssuerOptions {
  const issuer = `https://cognito-idp.${region}.amazonaws.com/${userPool}`;
  return entry(issuer, `${issuer}/.well-known/jwks.json`, others, {
    audience: clients,
    audienceClaim: 'client_id',
    principal: (claims) =>
      claims['token_use'] === 'access'
        ? {
            id: String(claims['sub']),
            ...roleOf(claims['cognito:groups'], roles),
            permissions: words(claims['scope']),
          }
        : undefined,
  });
}

export interface OktaOptions extends PresetOptions {
  /** The domain of the organisation, or a custom one: `example.okta.com`. */
  readonly domain: string;
  /**
   * The id of the custom authorization server. Default `default`. The organisation's own server
   * signs no tokens for other services.
   */
  readonly authorizationServer?: string;
  /** The audience of that server: `api://default` unless it was changed. */
  readonly audience: string;
  /** The claim that was added to access tokens for groups. Default `groups`. */
  readonly rolesClaim?: string;
}

/**
 * Okta. The id is `uid` (`sub` is the login name); for a token without a user it is `sub`. Role:
 * one of the groups. Permissions: `scp`.
 */
export function okta({
  domain,
  authorizationServer = 'default',
  audience,
  roles,
  rolesClaim = 'groups',
  ...others
}: OktaOptions): TrustedIssuerOptions {
  const issuer = `https://${domain}/oauth2/${encodeURIComponent(authorizationServer)}`;
  return entry(issuer, `${issuer}/v1/keys`, others, {
    audience,
    principal: (claims) =>
      // only an access token has the claim `cid`
      typeof claims['cid'] === 'string'
        ? {
            id: String(claims['uid'] ?? claims['sub']),
            ...roleOf(claims[rolesClaim], roles),
            permissions: words(claims['scp']),
          }
        : undefined,
  });
}

function entry(
  issuer: string,
  url: string,
  { jwks, maxLifetime }: PresetOptions,
  own: Pick<TrustedIssuerOptions, 'audience' | 'audienceClaim' | 'principal'>,
): TrustedIssuerOptions {
  return {
    issuer,
    jwks: { ...jwks, url },
    ...(maxLifetime !== undefined && { maxLifetime }),
    ...own,
  };
}

function roleOf(given: unknown, counted: readonly string[] = []): Pick<ForeignPrincipal, 'role'> {
  const held = texts(given);
  const role = counted.find((each) => held.includes(each));
  return role === undefined ? {} : { role };
}

/** `scope` is one text (RFC 8693, section 4.2), but some issuers write a list. */
function words(given: unknown): readonly string[] {
  return typeof given === 'string' ? given.split(' ').filter(Boolean) : texts(given);
}

function texts(given: unknown): readonly string[] {
  return Array.isArray(given) ? given.filter((each) => typeof each === 'string') : [];
}

function member(given: unknown, name: string): unknown {
  return typeof given === 'object' && given !== null && Object.hasOwn(given, name)
    ? (given as Claims)[name]
    : undefined;
}

function withoutSlash(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : url;
}
