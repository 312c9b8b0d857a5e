import type { z } from 'zod';
import type { Duration } from '../common/duration.js';
import { duration, exactText, group, hook, list, oneOf, seconds } from '../common/option-schema.js';
import { audienceSchema } from './audience-schema.js';
import { isPublicUrl } from './discovery-options.js';
import type { TenantRequest } from './identifier-options.js';
import type { SigningAlgorithm } from './key-options.js';
import {
  type RemoteJwksOptions,
  remoteJwksSchema,
  type ResolvedRemoteJwks,
  resolveRemoteJwks,
} from './remote-jwks-options.js';

/** The principal that a token of another issuer stands for. */
export interface ForeignPrincipal {
  /**
   * `principal.id`. Another issuer's `sub` may be spelled like the id of one of your users: `principal.issuer` tells
   * them apart.
   */
  readonly id: string;
  readonly role?: string;
  readonly permissions?: readonly string[];
}

/**
 * For `@TrustIssuers`: chooses the one issuer of `trustedIssuers` whose tokens a request may carry. Undefined: only
 * our own tokens. It gets the request and the token's `iss`, but no other claim, and must answer synchronously, from
 * memory.
 */
export type ForeignIssuerOf = (request: TenantRequest, iss: string) => string | undefined;

/** The JWKS of another issuer. */
export interface ForeignJwksOptions extends Omit<RemoteJwksOptions, 'algorithms' | 'coolDown'> {
  /** An https URL (http only on loopback). No other URL is fetched; redirects are refused. */
  readonly url: string;
  /**
   * Tokens with an unknown `kid` cause at most one fetch in this time; such a request waits for the fetch, so that keys
   * may change at any time. Default `1s`, from `100ms` to `10s`.
   */
  readonly coolDown?: Duration;
}

/**
 * Another issuer whose access tokens are accepted on the routes that name it with `@TrustIssuers`. `keycloak(…)` and
 * similar functions create one.
 */
export interface TrustedIssuerOptions {
  /** Its `iss`, exactly as its tokens have it. */
  readonly issuer: string;
  /** `aud`: one or several; a token is accepted if it holds one of them, and refused if it has no audience. */
  readonly audience: string | readonly string[];
  /** Which claim holds the audience. Default `aud`. Tokens of Amazon Cognito have only `client_id`. */
  readonly audienceClaim?: 'aud' | 'client_id';
  readonly jwks: ForeignJwksOptions;
  /**
   * The algorithms that its keys may have. A key without `alg` is used for the first algorithm in the list that fits
   * it. Default: every RS, PS and ES algorithm.
   */
  readonly algorithms?: readonly SigningAlgorithm[];
  /** The largest `exp - iat`. Default and maximum `1d`, because revocations are kept that long. */
  readonly maxLifetime?: Duration;
  /** Reads the user from the claims, after all other checks; undefined refuses the token. */
  readonly principal: (claims: Readonly<Record<string, unknown>>) => ForeignPrincipal | undefined;
}

/** After validation. */
export interface ResolvedTrustedIssuer extends Pick<TrustedIssuerOptions, 'issuer' | 'principal'> {
  readonly audiences: readonly string[];
  readonly audienceClaim: 'aud' | 'client_id';
  readonly jwks: ResolvedRemoteJwks;
  readonly maxLifetimeSeconds: number;
}

const { algorithms, coolDown: _coolDown, ...jwks } = remoteJwksSchema.shape;

export const trustedIssuersSchema = list(
  group({
    issuer: exactText("the issuer's iss, to the letter"),
    audience: audienceSchema,
    audienceClaim: oneOf(['aud', 'client_id']).prefault('aud'),
    jwks: group({
      ...jwks,
      url: jwks.url.refine(
        ({ href }) => isPublicUrl(href),
        'must be an https URL: over plain HTTP, anybody on the network path could replace the keys and sign tokens',
      ),
      coolDown: duration('100ms', '10s').prefault('1s'),
    }),
    algorithms,
    maxLifetime: seconds('1s', '1d').prefault('1d'),
    principal: hook<TrustedIssuerOptions['principal']>(),
  }),
  'a list of at most 100 issuers',
)
  .refine(({ length }) => length <= 100, 'must be a list of at most 100 issuers')
  .refine(
    (entries) => new Set(entries.map(({ issuer }) => issuer)).size === entries.length,
    'two entries have the same issuer: make them one',
  );

export function resolveTrustedIssuer(
  given: z.output<typeof trustedIssuersSchema>[number],
): ResolvedTrustedIssuer {
  const { audience, maxLifetime, algorithms: allowed, ...others } = given;
  return {
    ...others,
    audiences: typeof audience === 'string' ? [audience] : audience,
    maxLifetimeSeconds: maxLifetime,
    jwks: {
      ...resolveRemoteJwks({ ...given.jwks, algorithms: allowed }),
      of: `trusted issuer ${given.issuer}`,
      whileCooling: 'waits',
      keysWithoutAlg: 'first_that_fits',
    },
  };
}
