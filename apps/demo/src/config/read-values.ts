import { isIP } from 'node:net';
import { parseDuration } from '@tokenward/nestjs/options';
import { problem, wholeNumber, type EnvironmentReader } from './environment.js';

/** Names that both adapters know (proxy-addr). */
const NAMED_NETWORKS = ['loopback', 'linklocal', 'uniquelocal'];
const MOST_FAILURES = 1_000_000;

/** The duration as written, checked to be between `min` and `max`, which have the same form. */
export function duration(
  read: EnvironmentReader,
  name: string,
  fallback: string,
  min: string,
  max: string,
): string {
  const written = read.text(name) ?? fallback;
  const value = parseDuration(written);
  if (value === undefined)
    throw problem(name, 'must be a duration such as 900s, 15m or 30d (a bare number is seconds)');
  if (value < (parseDuration(min) as number) || value > (parseDuration(max) as number))
    throw problem(name, `must be from ${min} to ${max}`);
  return written;
}

export function hostName(read: EnvironmentReader): string {
  const given = read.text('HOST') ?? '127.0.0.1';
  if (isIP(given) === 0 && !/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(given))
    throw problem('HOST', 'must be an address or a host name, without a port');
  return given;
}

export function serviceUrl(
  read: EnvironmentReader,
  name: string,
  protocols: readonly string[],
): string | undefined {
  const given = read.text(name);
  if (given !== undefined && !(URL.canParse(given) && protocols.includes(new URL(given).protocol)))
    throw problem(
      name,
      `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    );
  return given;
}

/** Exact origins (RFC 6454, section 6.1), as a browser sends them, without wildcards. */
export function origins(read: EnvironmentReader): readonly string[] {
  const given = read.list('TRUSTED_ORIGINS') ?? [];
  for (const entry of given) {
    if (entry.includes('*'))
      throw problem('TRUSTED_ORIGINS', 'takes no *: name each origin, https://app.example.com');
    const isExact =
      URL.canParse(entry) &&
      /^https?:/i.test(entry) &&
      new URL(entry).origin === entry.toLowerCase();
    if (!isExact)
      throw problem(
        'TRUSTED_ORIGINS',
        'must hold exact origins such as https://app.example.com, without a path or a final slash',
      );
  }
  return given.map((entry) => new URL(entry).origin);
}

export function trustProxy(read: EnvironmentReader): boolean | number | readonly string[] {
  const given = read.text('TRUST_PROXY')?.toLowerCase();
  if (given === undefined || given === 'false') return false;
  if (given === 'true') return true;
  if (/^\d+$/.test(given)) return wholeNumber('TRUST_PROXY', given, 0, 100) || false;
  const entries = read.list('TRUST_PROXY') ?? [];
  if (!entries.every(isNetwork))
    throw problem(
      'TRUST_PROXY',
      'must be true, false, a number of hops, or addresses and networks such as 10.0.0.0/8, comma separated',
    );
  return entries;
}

function isNetwork(entry: string): boolean {
  if (NAMED_NETWORKS.includes(entry)) return true;
  const [address = '', bits, ...more] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

/** `accountAndAddress/account/address/window`. */
export interface ThrottleSettings {
  readonly accountAndAddress: number;
  readonly account: number;
  readonly address: number;
  readonly window: string;
}

export function throttle(read: EnvironmentReader): ThrottleSettings | false {
  const name = 'LOGIN_THROTTLE';
  const given = read.text(name) ?? '10/100/100/15m';
  if (given.toLowerCase() === 'off') return false;
  const [accountAndAddress, account, address, window, ...more] = given
    .split('/')
    .map((part) => part.trim());
  const windowMs = parseDuration(window ?? '');
  if (
    !accountAndAddress ||
    !account ||
    !address ||
    window === undefined ||
    more.length > 0 ||
    windowMs === undefined
  )
    throw problem(
      name,
      'must be off, or accountAndAddress/account/address/window such as 10/100/100/15m',
    );
  if (windowMs < 1000 || windowMs > 86_400_000)
    throw problem(name, 'must have a window from 1s to 1d');
  const limit = (text: string) => wholeNumber(name, text, 1, MOST_FAILURES);
  return {
    accountAndAddress: limit(accountAndAddress),
    account: limit(account),
    address: limit(address),
    window,
  };
}

/** `id:base64url` of at least 32 bytes each, the first mints. */
export function refreshTokenSecrets(read: EnvironmentReader): readonly string[] | undefined {
  const name = 'REFRESH_TOKEN_SECRET';
  const entries = read.list(name);
  if (entries?.some((each) => bytesOf(each) < 32))
    throw problem(name, 'must be id:base64url of at least 32 bytes (several: comma separated)');
  const ids = entries?.map((entry) => entry.split(':')[0]);
  if (ids && new Set(ids).size !== ids.length)
    throw problem(name, 'has two secrets with one id; give each its own');
  return entries;
}

/** `id:base64url` of 32 bytes each, the first seals. */
export function encryptionKeys(
  read: EnvironmentReader,
  name: string,
): readonly string[] | undefined {
  const entries = read.list(name);
  if (entries?.some((each) => bytesOf(each) !== 32))
    throw problem(name, 'must be id:base64url of 32 bytes: tokenward secret --encryption');
  return entries;
}

/** Of the secret in `id:base64url`; 0 where it is not that. */
function bytesOf(entry: string): number {
  const [, encoded = ''] = /^[A-Za-z0-9._-]{1,64}:([A-Za-z0-9_-]+)$/.exec(entry) ?? [];
  return Buffer.from(encoded, 'base64url').length;
}

/** Segments of a path, as `setGlobalPrefix` takes them. */
export function hostPrefix(read: EnvironmentReader): string | undefined {
  const given = read.text('HOST_PREFIX')?.replace(/^\/+|\/+$/g, '') || undefined;
  if (given !== undefined && !/^[\w.~-]+(?:\/[\w.~-]+)*$/.test(given))
    throw problem('HOST_PREFIX', 'must be a path such as api or api/v2');
  return given;
}
