import { JwtService } from '@nestjs/jwt';
import { AuthError } from '../../common/auth-error.js';
import { withDeadline } from '../../common/deadline.js';
import { ACCESS_TOKEN_TYPE } from '../../contract/index.js';
import { joseSignature } from '../../verify/keys/remote-signature.js';
import type { RemoteSigningKey, SigningKey } from '../../verify/keys/key-set.js';
import type { AccessTokenClaims, PENDING_TOKEN_TYPE } from '../../verify/tokens/access-claims.js';
import type { CustomClaims } from '../../verify/tokens/custom-claims.js';

const jwt = new JwtService({});

type Claims = AccessTokenClaims & CustomClaims;

/**
 * The only place that signs. The header is exactly `alg`, `typ`, `kid`. `deadlineMs` limits a
 * remote signer (KMS, HSM).
 */
export function signToken(
  key: SigningKey,
  claims: Claims,
  deadlineMs: number,
  typ: typeof ACCESS_TOKEN_TYPE | typeof PENDING_TOKEN_TYPE = ACCESS_TOKEN_TYPE,
): Promise<string> {
  const header = { alg: key.algorithm, typ, kid: key.kid };
  if ('sign' in key) return signElsewhere(key, `${encode(header)}.${encode(claims)}`, deadlineMs);
  return jwt.signAsync(
    { ...claims },
    {
      // a parsed KeyObject; for HMAC it is the secret's
      privateKey: key.privateKey,
      algorithm: key.algorithm,
      header,
    },
  );
}

async function signElsewhere(
  key: RemoteSigningKey,
  input: string,
  deadlineMs: number,
): Promise<string> {
  const bytes = Buffer.from(input, 'latin1');
  const request = { keyId: key.kid, algorithm: key.algorithm, bytes: Buffer.from(bytes) };
  let given: Uint8Array;
  try {
    given = await withDeadline(Promise.resolve(key.sign(request)), deadlineMs, 'keys.sign');
  } catch (error) {
    if (error instanceof AuthError) throw error;
    // the error's message may quote what the signer was given
    throw AuthError.unavailable('keys.sign failed');
  }
  const signature = joseSignature(key, bytes, given);
  if (!signature)
    throw AuthError.unavailable(
      `keys.sign gave no ${key.algorithm} signature of the configured public key`,
    );
  return `${input}.${signature.toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
}
