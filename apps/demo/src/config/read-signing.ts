import type { JsonWebKey } from 'node:crypto';
import type { SigningAlgorithm } from '@tokenward/nestjs/options';
import { problem, type EnvironmentReader } from './environment.js';

const DEFAULT_NAME = 'tokenward-demo';
const MAX_CLAIM_LENGTH = 1024;

export interface SigningSettings {
  readonly algorithm: SigningAlgorithm;
  /** PEM, as the library reads it. Without it, and without `secret`, a key is created in DATA_DIR. */
  readonly privateKey: string | undefined;
  readonly publicKey: string | undefined;
  /** The bytes of the text, as other JWT software reads such a variable. */
  readonly secret: Buffer | undefined;
  readonly keyId: string | undefined;
  readonly verificationKeys: { readonly keys: readonly JsonWebKey[] } | undefined;
  readonly issuer: string;
  readonly audiences: readonly string[];
}

/** Checks the variables against each other. Tokenward itself checks the strength of keys at boot. */
export function signingSettings(
  read: EnvironmentReader,
  algorithms: readonly SigningAlgorithm[],
): SigningSettings {
  const algorithm = read.oneOf('JWT_ALGORITHM', algorithms, 'RS256');
  const isHmac = algorithm.startsWith('HS');
  const privateKey = read.text('JWT_PRIVATE_KEY');
  const publicKey = read.text('JWT_PUBLIC_KEY');
  const secret = read.text('JWT_SECRET');
  for (const [name, value] of Object.entries({
    JWT_PRIVATE_KEY: privateKey,
    JWT_PUBLIC_KEY: publicKey,
  }))
    if (isHmac && value !== undefined)
      throw problem(name, `does not go with JWT_ALGORITHM=${algorithm}, which takes JWT_SECRET`);
  if (!isHmac && secret !== undefined)
    throw problem(
      'JWT_SECRET',
      `does not go with JWT_ALGORITHM=${algorithm}, which takes JWT_PRIVATE_KEY; for a secret set HS256, HS384 or HS512`,
    );
  if (publicKey !== undefined && privateKey === undefined)
    throw problem(
      'JWT_PUBLIC_KEY',
      'needs JWT_PRIVATE_KEY beside it; keys that only verify go into JWT_VERIFICATION_KEYS',
    );
  return {
    algorithm,
    privateKey,
    publicKey,
    secret: secret === undefined ? undefined : Buffer.from(secret, 'utf8'),
    keyId: read.text('JWT_KEY_ID'),
    verificationKeys: verificationKeys(read),
    issuer: claimText('JWT_ISSUER', read.text('JWT_ISSUER') ?? DEFAULT_NAME),
    audiences: (read.list('JWT_AUDIENCE') ?? [DEFAULT_NAME]).map((each) =>
      claimText('JWT_AUDIENCE', each),
    ),
  };
}

/** The text goes into every token, and the token into a cookie. */
function claimText(name: string, text: string): string {
  if (text.length > MAX_CLAIM_LENGTH)
    throw problem(name, `must have at most ${MAX_CLAIM_LENGTH} characters`);
  return text;
}

function verificationKeys(read: EnvironmentReader): SigningSettings['verificationKeys'] {
  const name = 'JWT_VERIFICATION_KEYS';
  const text = read.text(name);
  if (text === undefined) return undefined;
  const jwks = parse(text);
  const isJwks =
    typeof jwks === 'object' && jwks !== null && 'keys' in jwks && Array.isArray(jwks.keys);
  if (!isJwks) throw problem(name, 'must be a JWKS as JSON: {"keys":[{"kty":…,"kid":…,"alg":…}]}');
  return jwks as { readonly keys: readonly JsonWebKey[] };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
