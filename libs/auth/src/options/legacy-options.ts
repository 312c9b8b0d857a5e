import { z } from 'zod';
import type { Duration } from '../common/duration.js';
import { exactText, group, hook, list, oneOf, seconds, text } from '../common/option-schema.js';
import {
  instant,
  keyMaterial,
  type KeyMaterial,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
} from './key-options.js';

/** The user of an old token. */
export interface LegacyPrincipal {
  /** The user's id as the user directory has it. */
  readonly id: string;
  readonly role?: string;
  readonly permissions?: readonly string[];
  /** The added claims, to which `accessToken.claimsSchema` is applied. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/**
 * Access tokens of a former, hand-made set-up, accepted until a date: docs/migration.md. They never pass
 * `TokenVersionGuard` or `@RecentAuth()`.
 */
export interface LegacyIssuerOptions {
  /**
   * The name of this set-up: letters, digits, dots, dashes. The principals of its tokens have it in `legacy`, and
   * `legacy:<name>` as their `keyId`; `AuthService.revokeKey` takes that to refuse all of them.
   */
  readonly name: string;
  /** `iss` of the old tokens. Undefined: they have no `iss`, and a token with one is refused. */
  readonly issuer?: string;
  /** `aud` of the old tokens, one of these. Undefined: they have no `aud`, and a token with one is refused. */
  readonly audience?: string | readonly string[];
  /** `kid` of the old tokens. Undefined: they have no `kid`, and a token with one is refused. */
  readonly keyId?: string;
  /** The one algorithm that `key` verifies. */
  readonly algorithm: SigningAlgorithm;
  /**
   * The old public key; for HMAC the old secret, where text is read as its UTF-8 bytes, as in `JwtModule`. The rules
   * against weak keys apply.
   */
  readonly key: KeyMaterial;
  /** The instant from which all old tokens are refused, in ISO 8601, at most a year ahead. */
  readonly acceptUntil: string | Date;
  /** The largest `exp - iat`. Default `1d`, at most `90d`. A token without `exp` or `iat` is refused. */
  readonly maxLifetime?: Duration;
  /**
   * Reads the claims; undefined refuses the token. Default: `sub` (text or a whole number) as the id, no role, no
   * permissions.
   */
  readonly principal?: (claims: Readonly<Record<string, unknown>>) => LegacyPrincipal | undefined;
}

/** After validation. */
export interface ResolvedLegacyIssuer extends Pick<
  LegacyIssuerOptions,
  'name' | 'issuer' | 'keyId' | 'algorithm' | 'key' | 'principal'
> {
  readonly audiences: readonly string[] | undefined;
  readonly acceptUntilMs: number;
  readonly maxLifetimeSeconds: number;
}

const NONE = 'a text that is not empty: leave it out when the old tokens have none';

export const legacySchema = list(
  group({
    name: text('1 to 64 letters, digits, dots or dashes', /^[A-Za-z0-9.-]{1,64}$/),
    issuer: exactText(NONE).optional(),
    audience: z
      .union(
        [
          exactText(NONE),
          list(exactText(NONE)).refine(({ length }) => length > 0, `must be ${NONE}`),
        ],
        {
          error: `must be ${NONE}`,
        },
      )
      .optional(),
    keyId: exactText(NONE).optional(),
    algorithm: oneOf(SIGNING_ALGORITHMS),
    key: keyMaterial<LegacyIssuerOptions['key']>(),
    acceptUntil: instant(),
    maxLifetime: seconds('1s', '90d').prefault('1d'),
    principal: hook<NonNullable<LegacyIssuerOptions['principal']>>().optional(),
  }),
  'a list of at most 16 issuers',
)
  .refine(({ length }) => length <= 16, 'must be a list of at most 16 issuers')
  .refine(
    (entries) => new Set(entries.map(({ name }) => name)).size === entries.length,
    'two entries have the same name: give each its own',
  );
