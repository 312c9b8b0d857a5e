import { JwtService } from '@nestjs/jwt';
import { ACCESS_TOKEN_TYPE } from '../contract/index.js';
import type { SigningKey } from '../keys/keyring.service.js';
import type { AccessTokenClaims } from './access-claims.js';
import type { CustomClaims } from './custom-claims.js';

const jwt = new JwtService({});

/**
 * The one place that signs. The header is exactly `alg`, `typ`, `kid`. A promise, because a remote signer (KMS, HSM) fits the same
 * shape.
 */
export function signToken(key: SigningKey, claims: AccessTokenClaims & CustomClaims): Promise<string> {
  return jwt.signAsync(
    { ...claims },
    {
      // a KeyObject, which is parsed already; for HMAC the secret's
      privateKey: key.privateKey,
      algorithm: key.algorithm,
      header: { alg: key.algorithm, typ: ACCESS_TOKEN_TYPE, kid: key.kid },
    },
  );
}
