import { resolve } from 'node:path';
import { problem, type EnvironmentReader } from './environment.js';
import { duration, encryptionKeys } from './read-values.js';

/** Keys that rotate. The library decides everything that is not set. */
export interface KeySourceSettings {
  /** Absolute; as `tokenward keys --dir` writes it. */
  readonly directory: string | undefined;
  /** `id:base64url`; the keys are in Postgres, sealed under the first. */
  readonly encryptionKeys: readonly string[] | undefined;
  readonly jwksCache: string | undefined;
  readonly refreshEvery: string | undefined;
  readonly rotateAfter: string | undefined;
}

/** Undefined: one key, from the environment or created on the first start. */
export function keySourceSettings(read: EnvironmentReader): KeySourceSettings | undefined {
  const directory = read.text('KEY_DIRECTORY');
  const sealing = encryptionKeys(read, 'KEY_ENCRYPTION_KEYS');
  const settings = {
    directory: directory && resolve(directory),
    encryptionKeys: sealing,
    jwksCache: optionalDuration(read, 'JWKS_CACHE', '0s', '1d'),
    refreshEvery: optionalDuration(read, 'KEY_REFRESH', '100ms', '1h'),
    rotateAfter: optionalDuration(read, 'KEY_ROTATE_AFTER', '1s', '3650d'),
  };
  if (directory !== undefined && sealing !== undefined)
    throw problem('KEY_DIRECTORY', 'is set together with KEY_ENCRYPTION_KEYS: set one of the two');
  const signing = ['JWT_PRIVATE_KEY', 'JWT_SECRET', 'JWT_KEY_ID'].find(
    (name) => read.text(name) !== undefined,
  );
  if ((directory ?? sealing) !== undefined && signing)
    throw problem(signing, 'is set together with keys that rotate: set one of the two');
  return Object.values(settings).some((value) => value !== undefined) ? settings : undefined;
}

function optionalDuration(
  read: EnvironmentReader,
  name: string,
  min: string,
  max: string,
): string | undefined {
  return read.text(name) === undefined ? undefined : duration(read, name, min, min, max);
}
