import { createPrivateKey, generateKeyPair, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SigningAlgorithm } from '@tokenward/nestjs/options';
import { StartError, errorCode } from '../../../../tools/embedded-postgres/start-error.js';
import { createExclusively } from './exclusive-file.js';

const generate = promisify(generateKeyPair);
/** RFC 7518, section 3.4. */
const CURVES: Partial<Record<SigningAlgorithm, string>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
};
/** 128 bits of security, good beyond 2030 (NIST SP 800-57 part 1, section 5.6). */
const RSA_BITS = 3072;
const SECRET_BYTES = 64;

/** As the `keys` option of the module takes it. */
export type MadeKey = { readonly privateKey: string } | { readonly secret: Buffer };

/**
 * The demo's own signing key: made once and kept in `<dataDir>/keys` (0700) as `<algorithm>.pem` or
 * `<algorithm>.secret` (0600). Another algorithm has another file, so switching back finds the old key. Processes that
 * start together use the same key.
 * @throws StartError when the directory cannot be written or the file holds no key
 */
export async function signingKeyIn(dataDir: string, algorithm: SigningAlgorithm): Promise<MadeKey> {
  const isHmac = algorithm.startsWith('HS');
  const dir = join(dataDir, 'keys');
  const path = join(dir, `${algorithm.toLowerCase()}.${isHmac ? 'secret' : 'pem'}`);
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (read(path) === undefined) createExclusively(path, await make(algorithm));
  } catch (cause) {
    throw new StartError(
      `DATA_DIR: no signing key can be kept in ${dir} (${errorCode(cause) ?? 'unknown error'})`,
      { cause },
    );
  }
  const text = read(path) ?? '';
  return isHmac ? { secret: secretOf(text, path) } : { privateKey: privateKeyOf(text, path) };
}

async function make(algorithm: SigningAlgorithm): Promise<string> {
  if (algorithm.startsWith('HS')) return `${randomBytes(SECRET_BYTES).toString('base64url')}\n`;
  const namedCurve = CURVES[algorithm];
  const pair = namedCurve
    ? await generate('ec', { namedCurve })
    : await generate('rsa', { modulusLength: RSA_BITS, publicExponent: 65537 });
  return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function secretOf(text: string, path: string): Buffer {
  const secret = Buffer.from(text.trim(), 'base64url');
  if (secret.length < SECRET_BYTES) throw damaged(path);
  return secret;
}

function privateKeyOf(text: string, path: string): string {
  try {
    createPrivateKey(text);
    return text;
  } catch {
    throw damaged(path);
  }
}

function damaged(path: string): StartError {
  return new StartError(
    `${path} holds no signing key: remove it, and another is made at the next start (everybody signs in again)`,
  );
}
