import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '@tokenward/nestjs/verify';

export interface OrdersConfig {
  readonly port: number;
  readonly host: string;
  readonly jwksUrl: string;
  /** Undefined: revocations do not arrive here. */
  readonly redisUrl: string | undefined;
  /** `revocation.unproven` of the module; undefined: its default. */
  readonly revocationUnproven: 'redis' | 'refuse' | undefined;
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Undefined: the algorithms of the issuer's keys. */
  readonly algorithms: readonly SigningAlgorithm[] | undefined;
  readonly jwksRefresh: string | undefined;
  readonly jwksCoolDown: string | undefined;
  readonly cookiePrefix: '' | '__Secure-' | '__Host-';
}

/** An invalid value, as one line that names the variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const DEFAULT_NAME = 'tokenward-demo';

/** The defaults fit the demo on the same machine. @throws ConfigError */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
): OrdersConfig {
  const text = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const list = (name: string): string[] | undefined =>
    text(name)
      ?.split(',')
      .map((each) => each.trim());
  return {
    port: portOf(text('PORT') ?? '3001'),
    host: text('HOST') ?? '127.0.0.1',
    jwksUrl: jwksUrlOf(text('JWKS_URL') ?? 'http://127.0.0.1:3000/.well-known/jwks.json'),
    redisUrl: optionalRedis(text('REDIS_URL')),
    revocationUnproven: unprovenOf(text('REVOCATION_UNPROVEN')),
    issuer: text('JWT_ISSUER') ?? DEFAULT_NAME,
    audiences: list('JWT_AUDIENCE') ?? [DEFAULT_NAME],
    algorithms: list('JWT_ALGORITHM')?.map(algorithmOf),
    jwksRefresh: text('JWKS_REFRESH'),
    jwksCoolDown: text('JWKS_COOL_DOWN'),
    cookiePrefix: prefixOf(text('COOKIE_PREFIX') ?? ''),
  };
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new ConfigError('PORT must be a whole number from 0 to 65535');
  return port;
}

function urlOf(name: string, text: string, protocols: readonly string[]): string {
  if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol))
    throw new ConfigError(`${name} must be a URL that begins with ${protocols.join('// or ')}//`);
  return text;
}

function jwksUrlOf(text: string): string {
  const url = new URL(urlOf('JWKS_URL', text, ['http:', 'https:']));
  if (url.username || url.password)
    throw new ConfigError('JWKS_URL holds credentials: a JWKS is public, leave them out');
  return text;
}

function optionalRedis(text: string | undefined): string | undefined {
  return text === undefined ? undefined : urlOf('REDIS_URL', text, ['redis:', 'rediss:']);
}

function unprovenOf(text: string | undefined): OrdersConfig['revocationUnproven'] {
  if (text === undefined || text === 'redis' || text === 'refuse') return text;
  throw new ConfigError('REVOCATION_UNPROVEN must be redis or refuse');
}

function algorithmOf(text: string): SigningAlgorithm {
  const found = SIGNING_ALGORITHMS.find((each) => each === text);
  if (found === undefined || found.startsWith('HS'))
    throw new ConfigError(
      'JWT_ALGORITHM must be RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or ES512: a service that verifies with a shared secret could sign with it',
    );
  return found;
}

function prefixOf(text: string): OrdersConfig['cookiePrefix'] {
  if (text === '' || text === '__Secure-' || text === '__Host-') return text;
  throw new ConfigError('COOKIE_PREFIX must be empty, __Secure- or __Host-');
}
