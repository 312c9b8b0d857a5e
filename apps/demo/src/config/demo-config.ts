import { resolve } from 'node:path';
import { SIGNING_ALGORITHMS, type ReuseScope } from '@tokenward/nestjs/options';
import { EnvironmentReader, type Environment } from './environment.js';
import { cookieSettings, type CookieSettings } from './read-cookies.js';
import { keySourceSettings, type KeySourceSettings } from './read-key-source.js';
import { signingSettings, type SigningSettings } from './read-signing.js';
import { type FactorSettings, factorSettings } from './read-factors.js';
import { type DeviceSettings, deviceSettings, type TlsSettings, tlsSettings } from './read-tls.js';
import {
  duration,
  hostName,
  hostPrefix,
  origins,
  refreshTokenSecrets,
  serviceUrl,
  throttle,
  trustProxy,
  type ThrottleSettings,
} from './read-values.js';
import { demoUsers, type ConfiguredUser } from './read-users.js';

/**
 * What `trust proxy` of Express and `trustProxy` of Fastify take: everybody or nobody, a number of hops, or addresses.
 */
export type TrustProxy = boolean | number | readonly string[];

/** Contract, section 7, with every default filled in. */
export interface DemoConfig {
  readonly port: number;
  readonly host: string;
  /** Undefined: plain HTTP. */
  readonly tls: TlsSettings | undefined;
  /** A global prefix of Nest for every route; undefined: none. */
  readonly hostPrefix: string | undefined;
  /** Absolute. */
  readonly dataDir: string;
  readonly adapter: 'express' | 'fastify';
  /** Undefined: the embedded PostgreSQL. */
  readonly databaseUrl: string | undefined;
  /** Undefined: revocations travel through Postgres alone. */
  readonly redisUrl: string | undefined;
  readonly jwt: SigningSettings;
  /** Undefined: one key, which does not rotate. */
  readonly keySource: KeySourceSettings | undefined;
  /** `id:base64url`; undefined: made once and kept in Postgres. */
  readonly refreshTokenSecrets: readonly string[] | undefined;
  /** As written: `900s`, `15m`, a bare number of seconds. */
  readonly accessTokenTtl: string;
  readonly refreshTokenTtl: string;
  readonly rememberMeTtl: string;
  readonly reuseLeeway: string;
  readonly retryWindow: string;
  readonly apiKeys: 'on' | 'off';
  readonly deviceBound: DeviceSettings;
  readonly dpop: {
    readonly mode: 'off' | 'offer' | 'require';
    readonly bind: 'request' | 'refresh';
  };
  readonly onReuse: ReuseScope;
  readonly revocationMode: 'mirror' | 'strict';
  readonly revocationUnproven: 'redis' | 'refuse';
  readonly cookies: CookieSettings;
  readonly trustedOrigins: readonly string[];
  readonly trustProxy: TrustProxy;
  /** False: off. */
  readonly throttle: ThrottleSettings | false;
  /** Whether a password signs in before the email is verified. */
  readonly verifiedEmail: 'off' | 'required';
  readonly factors: FactorSettings;
  /** Undefined: two users with random passwords, printed once. */
  readonly users: readonly ConfiguredUser[] | undefined;
  /** Whether `/metrics` answers others than loopback. */
  readonly metricsPublic: boolean;
}

/**
 * @param warn called for variables that look misspelt
 * @throws StartError with one line that names the variable
 */
export function readConfig(
  environment: Environment,
  warn: (line: string) => void = () => undefined,
): DemoConfig {
  const read = new EnvironmentReader(environment);
  const config = settings(read);
  read.slips().forEach(warn);
  return config;
}

function settings(read: EnvironmentReader): DemoConfig {
  const cookies = cookieSettings(read);
  return {
    port: read.wholeNumber('PORT', 0, 65_535, 3000),
    host: hostName(read),
    tls: tlsSettings(read),
    hostPrefix: hostPrefix(read),
    dataDir: resolve(read.text('DATA_DIR') ?? '.data'),
    adapter: read.oneOf('HTTP_ADAPTER', ['express', 'fastify'], 'express'),
    databaseUrl: serviceUrl(read, 'DATABASE_URL', ['postgres:', 'postgresql:']),
    redisUrl: serviceUrl(read, 'REDIS_URL', ['redis:', 'rediss:']),
    jwt: signingSettings(read, SIGNING_ALGORITHMS),
    keySource: keySourceSettings(read),
    refreshTokenSecrets: refreshTokenSecrets(read),
    accessTokenTtl: duration(read, 'ACCESS_TOKEN_TTL', '15m', '1s', '1h'),
    refreshTokenTtl: duration(read, 'REFRESH_TOKEN_TTL', '30d', '1m', '365d'),
    rememberMeTtl: duration(read, 'REMEMBER_ME_TTL', '90d', '1m', '365d'),
    reuseLeeway: duration(read, 'REUSE_LEEWAY', '0s', '0s', '60s'),
    retryWindow: duration(read, 'RETRY_WINDOW', '15m', '0s', '24h'),
    onReuse: read.oneOf('ON_REUSE', ['user', 'family'], 'user'),
    revocationMode: read.oneOf('REVOCATION_MODE', ['mirror', 'strict'], 'mirror'),
    revocationUnproven: read.oneOf('REVOCATION_UNPROVEN', ['redis', 'refuse'], 'redis'),
    apiKeys: read.oneOf('API_KEYS', ['on', 'off'], 'on'),
    deviceBound: deviceSettings(read, cookies),
    dpop: {
      mode: read.oneOf('DPOP', ['off', 'offer', 'require'], 'off'),
      bind: read.oneOf('DPOP_BIND', ['request', 'refresh'], 'request'),
    },
    cookies,
    trustedOrigins: origins(read),
    trustProxy: trustProxy(read),
    throttle: throttle(read),
    verifiedEmail: read.oneOf('VERIFIED_EMAIL', ['off', 'required'], 'off'),
    factors: factorSettings(read),
    users: demoUsers(read),
    metricsPublic: read.flag('METRICS_PUBLIC', false),
  };
}
