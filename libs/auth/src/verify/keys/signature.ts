import {
  constants,
  createHmac,
  createPublicKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { ALGORITHMS } from './algorithms.js';
import type { LocalSigningKey, VerificationKey } from './key-set.js';

const PSS = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
};

/** Whether `signature` is the key's own over `signed` (RFC 7515, section 5.2), by the key's only algorithm. */
export function signatureFits(
  key: Pick<VerificationKey, 'algorithm' | 'publicKey'>,
  signed: Buffer,
  signature: Buffer,
): boolean {
  const traits = ALGORITHMS[key.algorithm];
  switch (traits.family) {
    case 'rsa': {
      // OpenSSL accepts a PSS signature without its leading zeros, which is another encoding of the
      // same signature (RFC 8017, section 8.1.2, step 1)
      if (signature.length !== modulusBytes(key.publicKey)) return false;
      const how = traits.padding === 'pss' ? PSS : { padding: constants.RSA_PKCS1_PADDING };
      return verify(traits.hash, signed, { key: key.publicKey, ...how }, signature);
    }
    case 'ec':
      // r ‖ s of fixed length (RFC 7518, section 3.4): DER or a shortened form is another encoding
      // of the same signature
      if (signature.length !== traits.signatureBytes) return false;
      return verify(
        traits.hash,
        signed,
        { key: key.publicKey, dsaEncoding: 'ieee-p1363' },
        signature,
      );
    case 'hmac': {
      const expected = createHmac(traits.hash, key.publicKey).update(signed).digest();
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    }
  }
}

function modulusBytes({ asymmetricKeyDetails }: KeyObject): number {
  return Math.ceil((asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}

/** Whether the public half verifies what the private key signs. The two halves in a JWK may not belong together. */
export function isConsistent(key: LocalSigningKey): boolean {
  const traits = ALGORITHMS[key.algorithm];
  if (traits.family === 'hmac') return true;
  const probe = Buffer.from('tokenward key check');
  try {
    const publicKey = createPublicKey(key.privateKey);
    return verify(traits.hash, probe, publicKey, sign(traits.hash, probe, key.privateKey));
  } catch {
    return false;
  }
}
