import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { problem, type EnvironmentReader } from './environment.js';
import { duration } from './read-values.js';

/** PEM. */
export interface TlsSettings {
  readonly cert: string;
  readonly key: string;
}

/** Undefined: plain HTTP. */
export function tlsSettings(read: EnvironmentReader): TlsSettings | undefined {
  const [cert, key] = [fileOf(read, 'TLS_CERT'), fileOf(read, 'TLS_KEY')];
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined)
    throw problem('TLS_CERT', 'is missing beside TLS_KEY: set both, or neither');
  if (key === undefined)
    throw problem('TLS_KEY', 'is missing beside TLS_CERT: set both, or neither');
  usable('TLS_CERT', 'must be a file that holds a certificate as PEM', { cert });
  usable('TLS_KEY', 'must be a file that holds the private key of TLS_CERT as PEM', { cert, key });
  return { cert, key };
}

export interface DeviceSettings {
  readonly mode: 'off' | 'offer' | 'require';
  /** As written. */
  readonly accessTtl: string;
}

export function deviceSettings(
  read: EnvironmentReader,
  { secure }: { readonly secure: boolean },
): DeviceSettings {
  const mode = read.oneOf('DEVICE_BOUND', ['off', 'offer', 'require'], 'off');
  if (mode === 'require' && !secure)
    throw problem(
      'DEVICE_BOUND',
      'require needs COOKIE_SECURE=true: no browser registers a key otherwise',
    );
  return { mode, accessTtl: duration(read, 'BOUND_ACCESS_TTL', '5m', '1s', '1h') };
}

function fileOf(read: EnvironmentReader, name: string): string | undefined {
  const path = read.text(name);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw problem(name, 'is not a file that can be read');
  }
}

function usable(
  name: string,
  rule: string,
  pair: { readonly cert: string; readonly key?: string },
): void {
  try {
    createSecureContext(pair);
  } catch {
    throw problem(name, rule);
  }
}
