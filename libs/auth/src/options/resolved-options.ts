import type { StandardSchemaV1 } from '../common/standard-schema.js';
import type { TokenDelivery } from '../contract/index.js';
import type { ClaimsHook, ReuseScope, RouteOptions } from './auth-options.js';
import type { PasswordOptions } from './password-options.js';
import type { ResolvedAccounts } from './account-options.js';
import type { CookiePrefix, CookieScope, SameSite } from './cookie-options.js';
import type { ResolvedDpop } from './dpop-options.js';
import type { ResolvedDiscovery } from './discovery-options.js';
import type { EncryptionAlgorithm, EncryptionKeyOptions } from './encryption-options.js';
import type { RegistrationOptions, ResolvedIdentifier } from './identifier-options.js';
import type { ResolvedTrustedIssuer } from './issuer-options.js';
import type { SigningAlgorithm, StaticKeysOptions } from './key-options.js';
import type { ResolvedLegacyIssuer } from './legacy-options.js';
import type { SessionClaimsHook, SessionLimitsHook } from './session-hooks.js';
import type { ResolvedTenants } from './tenant-options.js';

export interface ResolvedEncryption {
  /** The first key encrypts. */
  readonly keys: readonly (EncryptionKeyOptions & { readonly algorithm: EncryptionAlgorithm })[];
  readonly plaintext: 'issued' | 'accepted' | 'refused';
}

/**
 * The options after validation: every default filled in, every duration in the unit of its name. DI token and type in
 * one.
 */
export abstract class ResolvedAuthOptions {
  abstract readonly issuer: string;
  abstract readonly audiences: readonly string[];
  abstract readonly keys: StaticKeysOptions & { readonly algorithm: SigningAlgorithm };
  /** Undefined: API keys are off. */
  abstract readonly apiKeys?: { readonly maxPerUser: number };
  /** Undefined: one issuer for all. */
  abstract readonly tenants?: ResolvedTenants;
  abstract readonly trustedIssuers: readonly ResolvedTrustedIssuer[];
  abstract readonly deviceBound: {
    readonly mode: 'off' | 'offer' | 'require';
    readonly accessTtlSeconds: number;
  };
  /** Undefined: off. */
  abstract readonly dpop?: ResolvedDpop;
  abstract readonly discovery: ResolvedDiscovery;
  abstract readonly keyRotation: {
    readonly leadTimeMs: number;
    readonly refreshEveryMs: number;
    /** Undefined: keys are never rotated by age. */
    readonly rotateAfterMs?: number;
    readonly warnAfterMs: number;
  };
  abstract readonly accessToken: {
    readonly ttlSeconds: number;
    readonly clockToleranceSeconds: number;
    readonly claims?: ClaimsHook;
    /** Lower case. */
    readonly allowedClaims: ReadonlySet<string>;
    readonly claimsSchema?: StandardSchemaV1;
    readonly cacheSize: number;
    readonly encryption?: ResolvedEncryption;
    readonly legacy: readonly ResolvedLegacyIssuer[];
  };
  abstract readonly refreshToken: {
    readonly ttlMs: number;
    readonly rememberMeTtlMs: number;
    readonly absoluteTtlMs: number;
    readonly reuseLeewayMs: number;
    readonly retryWindowMs: number;
    readonly onReuse: ReuseScope;
    readonly secrets: readonly string[];
    readonly sessionCookieUnlessRemembered: boolean;
  };
  abstract readonly sessions: {
    readonly maxPerUser: number;
    readonly cleanUpEveryMs: number;
    readonly keepEndedForMs: number;
    readonly claims?: SessionClaimsHook;
    readonly limits?: SessionLimitsHook;
    readonly mayActAs: ReadonlyMap<string, readonly string[]>;
  };
  abstract readonly cookies: {
    /** Full names, prefix included. */
    readonly accessName: string;
    readonly refreshName: string;
    readonly deviceName: string;
    /** The cookie of a sign-in at a provider that is under way; without a prefix, which depends on the providers. */
    readonly oidcName: string;
    readonly prefix: CookiePrefix;
    readonly domain?: string;
    readonly secure: boolean;
    readonly sameSite: SameSite;
    readonly accessPath: string;
    /** Undefined: the path at which Nest serves the routes. */
    readonly refreshPath?: string;
    readonly formerScopes: readonly CookieScope[];
  };
  abstract readonly transports: {
    readonly allowed: readonly TokenDelivery[];
    readonly default: TokenDelivery;
  };
  abstract readonly origins: {
    readonly trusted: ReadonlySet<string>;
    readonly trustProxy: boolean;
  };
  abstract readonly throttle:
    | false
    | {
        readonly accountAndAddress: number;
        readonly account: number;
        readonly address: number;
        readonly windowMs: number;
      };
  abstract readonly passwords: Required<Omit<PasswordOptions, 'breachCheck' | 'storedHashLimit'>> &
    Pick<PasswordOptions, 'breachCheck'> & { readonly storedHashLimitMs: number };
  abstract readonly identifier: ResolvedIdentifier;
  abstract readonly registration: RegistrationOptions;
  /** Undefined: off. */
  abstract readonly accounts?: ResolvedAccounts;
  abstract readonly revocation: {
    readonly mode: 'mirror' | 'strict';
    readonly maxStalenessMs: number;
    readonly unproven: 'redis' | 'refuse';
    readonly deadlineMs: number;
    readonly maxEntries: number;
  };
  abstract readonly jwks: { readonly cacheSeconds: number };
  abstract readonly routes: Required<RouteOptions>;
  abstract readonly strictConfig: boolean;
  abstract readonly storeDeadlineMs: number;
}
