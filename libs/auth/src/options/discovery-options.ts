import { type z } from 'zod';
import { group, list, text } from '../common/option-schema.js';
import { JWKS_PATH, RESOURCE_METADATA_PATH } from '../contract/index.js';

/**
 * The protected resource metadata of RFC 9728, by which a client (of MCP, for example) finds the issuer after a 401.
 */
export interface ProtectedResourceOptions {
  /**
   * The identifier of the resource: an https URL without query and fragment (http only on loopback). Clients compare it
   * with the URL that they call.
   */
  readonly resource: string;
  /** `resource_name`, for people. */
  readonly name?: string;
  /** `scopes_supported`. */
  readonly scopes?: readonly string[];
  /** `resource_documentation`: a URL for developers. */
  readonly documentation?: string;
  /** `authorization_servers`: the issuers of the tokens. Default: `issuer`, if that is a URL. */
  readonly authorizationServers?: readonly string[];
}

/**
 * What other parties can find out about this server. It is taken from the options only, since a request may carry a
 * forged `Host`.
 */
export interface DiscoveryOptions {
  /** The origin at which `/.well-known/jwks.json` is reached, `https://auth.example.com`. Default: that of `issuer`. */
  readonly origin?: string;
  readonly resource?: ProtectedResourceOptions;
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** https, or http on loopback; no credentials in it. */
export function isPublicUrl(given: string): boolean {
  if (!URL.canParse(given)) return false;
  const { protocol, hostname, username, password } = new URL(given);
  if (username || password) return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}

const url = (cure: string) =>
  text(cure).refine(isPublicUrl, { error: `must be ${cure}`, abort: true });
const origin = url('an origin such as https://auth.example.com').refine(
  (given) => new URL(given).origin === given,
  'must be an origin such as https://auth.example.com, without a path',
);
const identifier = url('an https URL such as https://api.example.com').refine((given) => {
  const { search, hash } = new URL(given);
  return search === '' && hash === '' && !given.endsWith('#') && !given.endsWith('?');
}, 'must be a URL without query and fragment (RFC 9728, section 1.2)');

export const discoverySchema = group({
  origin: origin.optional(),
  resource: group({
    resource: identifier,
    name: text().optional(),
    // RFC 6749, section 3.3
    scopes: list(text('a scope', /^[\x21\x23-\x5B\x5D-\x7E]+$/)).optional(),
    documentation: url('an https URL').optional(),
    authorizationServers: list(url('the https URL of an issuer')).optional(),
  }).optional(),
});

export interface ResolvedDiscovery {
  /** The JWKS URL of an own issuer. Undefined if the issuer is not an https URL: then nothing is published. */
  readonly jwksUriOf: (issuer: string) => string | undefined;
  readonly resource?: z.output<NonNullable<typeof discoverySchema.shape.resource>> & {
    /** Where the metadata is (RFC 9728, section 3.1). */
    readonly metadataUrl: string;
    /** After `/.well-known/oauth-protected-resource`: empty, or the path of the resource. */
    readonly path: string;
  };
}

type CheckedDiscovery = z.output<typeof discoverySchema>;

/** `path`: the path of this instance's documents below the origin: empty, or `staff/`. */
export function resolveDiscovery(
  given: CheckedDiscovery,
  issuer: string,
  path: string,
): ResolvedDiscovery {
  const issuerUrl = isPublicUrl(issuer) ? new URL(issuer) : undefined;
  return {
    jwksUriOf: (of) => {
      const secure =
        isPublicUrl(of) && new URL(of).protocol === 'https:' ? new URL(of).origin : undefined;
      return secure && `${given.origin ?? secure}/${path}${JWKS_PATH}`;
    },
    ...(given.resource && { resource: resourceOf(given.resource, issuerUrl && issuer) }),
  };
}

function resourceOf(
  given: NonNullable<CheckedDiscovery['resource']>,
  issuer: string | undefined,
): NonNullable<ResolvedDiscovery['resource']> {
  const { origin: at, pathname } = new URL(given.resource);
  const path = pathname.replace(/\/+$/, '');
  return {
    ...given,
    authorizationServers:
      given.authorizationServers ?? (issuer === undefined ? undefined : [issuer]),
    metadataUrl: `${at}/${RESOURCE_METADATA_PATH}${path}`,
    path,
  };
}
