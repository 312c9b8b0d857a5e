import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../options/key-options.js';

export type HashName = 'sha256' | 'sha384' | 'sha512';

/** What an algorithm of RFC 7518, section 3.1, requires of a key and of a signature. */
export type AlgorithmTraits =
  | { readonly family: 'rsa'; readonly hash: HashName; readonly padding: 'pkcs1' | 'pss' }
  | {
      readonly family: 'ec';
      readonly hash: HashName;
      /** The name in OpenSSL. */
      readonly curve: string;
      readonly signatureBytes: number;
    }
  | { readonly family: 'hmac'; readonly hash: HashName; readonly minimumBytes: number };

const rsa = (hash: HashName, padding: 'pkcs1' | 'pss'): AlgorithmTraits => ({
  family: 'rsa',
  hash,
  padding,
});
const ec = (hash: HashName, curve: string, signatureBytes: number): AlgorithmTraits => ({
  family: 'ec',
  hash,
  curve,
  signatureBytes,
});
const hmac = (hash: HashName, minimumBytes: number): AlgorithmTraits => ({
  family: 'hmac',
  hash,
  minimumBytes,
});

export const ALGORITHMS: Readonly<Record<SigningAlgorithm, AlgorithmTraits>> = {
  RS256: rsa('sha256', 'pkcs1'),
  RS384: rsa('sha384', 'pkcs1'),
  RS512: rsa('sha512', 'pkcs1'),
  PS256: rsa('sha256', 'pss'),
  PS384: rsa('sha384', 'pss'),
  PS512: rsa('sha512', 'pss'),
  ES256: ec('sha256', 'prime256v1', 64),
  ES384: ec('sha384', 'secp384r1', 96),
  ES512: ec('sha512', 'secp521r1', 132),
  HS256: hmac('sha256', 32),
  HS384: hmac('sha384', 48),
  HS512: hmac('sha512', 64),
};

/** The one algorithm of an EC curve, by the curve's name in OpenSSL; undefined for a curve that no algorithm uses. */
export function algorithmOfCurve(curve: string): SigningAlgorithm | undefined {
  return SIGNING_ALGORITHMS.find((each) => {
    const traits = ALGORITHMS[each];
    return traits.family === 'ec' && traits.curve === curve;
  });
}

export function isSigningAlgorithm(value: unknown): value is SigningAlgorithm {
  return typeof value === 'string' && Object.hasOwn(ALGORITHMS, value);
}
