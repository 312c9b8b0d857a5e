import { availableParallelism } from 'node:os';
import { z } from 'zod';
import {
  duration,
  exactText,
  flag,
  group,
  handle,
  hook,
  list,
  oneOf,
  seconds,
  text,
  whole,
  exactOrigin,
} from '../common/option-schema.js';
import type { StandardSchemaV1 } from '../common/standard-schema.js';
import { TOKEN_DELIVERIES } from '../contract/index.js';
import type { ClaimsHook } from './auth-options.js';
import type { PasswordOptions, StoredHashHook } from './password-options.js';
import { actingRolesSchema } from './acting-options.js';
import { accountSchema } from './account-options.js';
import { apiKeysSchema } from './api-key-options.js';
import { audienceSchema } from './audience-schema.js';
import { cookieSchema } from './cookie-options.js';
import { dpopSchema } from './dpop-options.js';
import { discoverySchema } from './discovery-options.js';
import { encryptionSchema } from './encryption-options.js';
import { identifierSchema, registrationSchema } from './identifier-options.js';
import { keyRotationSchema, keysSchema } from './key-options.js';
import { trustedIssuersSchema } from './issuer-options.js';
import { legacySchema } from './legacy-options.js';
import type { SessionClaimsHook, SessionLimitsHook } from './session-hooks.js';
import { tenantsSchema } from './tenant-options.js';

// Defaults, bounds and units of the options that are data. Their meaning is documented in auth-options.ts; a test
// checks that the two agree.

export const accessTokenSchema = group({
  ttl: seconds('1s', '1h').prefault('15m'),
  clockTolerance: seconds('0s', '300s').prefault('30s'),
  claims: hook<ClaimsHook>().optional(),
  allowedClaims: list(text()).prefault([]),
  claimsSchema: handle<StandardSchemaV1>(
    (value) => '~standard' in value,
    'a Standard Schema (zod, valibot, arktype …)',
  ).optional(),
  cacheSize: whole(0, 10_000_000).prefault(10_000),
  encryption: encryptionSchema.optional(),
  legacy: legacySchema.prefault([]),
});

const refreshTokenSchema = group({
  ttl: duration('1m', '365d').optional(),
  rememberMeTtl: duration('1m', '365d').optional(),
  absoluteTtl: duration('1m', '1825d').prefault('180d'),
  reuseLeeway: duration('0s', '60s').prefault(0),
  retryWindow: duration('0s', '24h').prefault('15m'),
  onReuse: oneOf(['user', 'family']).prefault('user'),
  secrets: list(text()).prefault([]),
  sessionCookieUnlessRemembered: flag().prefault(false),
});

const sessionSchema = group({
  maxPerUser: whole(1, 10_000).prefault(100),
  cleanUpEvery: duration('0s', '7d').prefault('10m'),
  // an access token lives at most an hour after its session's end, and the row must still exist when the token is
  // revoked
  keepEndedFor: duration('2h', '3650d').prefault('30d'),
  claims: hook<SessionClaimsHook>().optional(),
  limits: hook<SessionLimitsHook>().optional(),
  mayActAs: actingRolesSchema.prefault({ admin: ['user'] }),
});

const transportSchema = group({
  allowed: list(oneOf(TOKEN_DELIVERIES), 'a list of at least one of cookie, hybrid, bearer')
    .refine(({ length }) => length > 0, 'is empty; name at least one of cookie, hybrid, bearer')
    .prefault([...TOKEN_DELIVERIES]),
  default: oneOf(TOKEN_DELIVERIES).optional(),
});

export const originSchema = group({
  trustedOrigins: list(
    exactOrigin('an exact origin such as https://app.example.com, without path or wildcard'),
  ).prefault([]),
  trustProxy: flag().prefault(false),
});

const throttleSchema = z.union(
  [
    z.literal(false),
    group({
      accountAndAddress: whole(1, 1_000_000).prefault(10),
      account: whole(1, 1_000_000).prefault(100),
      address: whole(1, 1_000_000).prefault(100),
      window: duration('1s', '1d').prefault('15m'),
    }),
  ],
  { error: 'must be false or an object of options' },
);

/**
 * 1 GiB. A hash with a larger cost would exhaust the memory of the process, whether an option or a stored hash sets it.
 */
export const MOST_MEMORY_KIB = 2 ** 20;

/** The group `passwords`; `parse({})` gives its defaults. */
export const passwordSchema = group({
  minLength: whole(8, 64).prefault(8),
  maxBytes: whole(64, 4096).prefault(1024),
  memoryCost: whole(7168, MOST_MEMORY_KIB).prefault(19_456),
  timeCost: whole(1, 100).prefault(2),
  parallelism: whole(1, 64).prefault(1),
  concurrency: whole(1, 1024).prefault(Math.max(1, Math.floor(availableParallelism() / 2))),
  maxQueue: whole(0, 100_000).prefault(100),
  storedHashes: list(
    handle<StoredHashHook>(
      (value) => 'recognises' in value && 'verify' in value,
      'an object with recognises(hash) and verify(password, hash)',
    ),
  ).prefault([]),
  storedHashLimit: duration('10ms', '60s').prefault('5s'),
  refuseCommon: flag().prefault(true),
  contextWords: list(text('a word of 4 to 64 characters', /^\s*\S.{2,62}\S\s*$/u)).prefault([]),
  breachCheck: hook<NonNullable<PasswordOptions['breachCheck']>>().optional(),
});

export const revocationSchema = group({
  mode: oneOf(['mirror', 'strict']).prefault('mirror'),
  maxStaleness: duration('200ms', '10s').prefault('1s'),
  unproven: oneOf(['redis', 'refuse']).prefault('redis'),
  deadline: duration('10ms', '10s').prefault('250ms'),
  maxEntries: whole(1000, 50_000_000).prefault(2_000_000),
});

/** `AuthOptions` */
export const authSchema = group({
  issuer: exactText('a text that is not empty, https://auth.example.com by convention'),
  audience: audienceSchema,
  keys: keysSchema,
  keyRotation: keyRotationSchema.prefault({}),
  accessToken: accessTokenSchema.prefault({}),
  refreshToken: refreshTokenSchema.prefault({}),
  sessions: sessionSchema.prefault({}),
  cookies: cookieSchema.prefault({}),
  transports: transportSchema.prefault({}),
  origins: originSchema.prefault({}),
  throttle: throttleSchema.prefault({}),
  passwords: passwordSchema.prefault({}),
  identifier: identifierSchema.prefault({}),
  registration: registrationSchema.prefault({}),
  accounts: accountSchema.optional(),
  revocation: revocationSchema.prefault({}),
  jwks: group({ cacheFor: seconds('0s', '1d').prefault('1h') }).prefault({}),
  apiKeys: apiKeysSchema.optional(),
  tenants: tenantsSchema.optional(),
  trustedIssuers: trustedIssuersSchema.prefault([]),
  deviceBound: oneOf(['off', 'offer', 'require']).prefault('off'),
  boundAccessTtl: seconds('1s', '1h').prefault('5m'),
  dpop: dpopSchema.prefault('off'),
  discovery: discoverySchema.prefault({}),
  strictConfig: flag().prefault(false),
  storeDeadline: duration('50ms', '60s').prefault('2s'),
});
