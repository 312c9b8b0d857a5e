import { createPublicKey, type KeyObject } from 'node:crypto';
import { assertKeyFits, isQuick } from '../../verify/keys/key-fitness.js';
import { signatureFits } from '../../verify/keys/signature.js';
import { parseCompactJws } from '../../verify/tokens/jws.js';
import type { JsonObject } from '../../verify/tokens/strict-json.js';

/**
 * The algorithms that browsers are asked for (Device Bound Session Credentials, W3C draft). Every
 * TPM supports one of them.
 */
export const DEVICE_ALGORITHMS = ['ES256', 'RS256'] as const;
type DeviceAlgorithm = (typeof DEVICE_ALGORITHMS)[number];

/** A browser's public key as it is stored with the session. */
export interface DeviceKey {
  readonly algorithm: DeviceAlgorithm;
  readonly publicKey: KeyObject;
}

/** A proof that is well formed. Its signature is not checked yet. */
export interface DeviceProof {
  readonly kind: 'proof';
  /** `jti` */
  readonly challenge: string;
  /** The key in the header; a registration brings it. */
  readonly key?: DeviceKey;
  isSignedBy(key: DeviceKey): boolean;
}

export interface MalformedProof {
  readonly kind: 'malformed';
  /** The challenge; empty where it cannot be read. */
  readonly challenge: string;
}

const PROOF_TYPE = 'dbsc+jwt';

/**
 * Reads the JWT of `Secure-Session-Response`, bare or as a quoted string. One of another `typ` or `alg` is malformed,
 * too. `aud` is not checked.
 */
export function readDeviceProof(given: string): DeviceProof | MalformedProof {
  const jws = parseCompactJws(given.replace(/^"(.*)"$/, '$1'));
  if (jws.kind === 'malformed') return { kind: 'malformed', challenge: '' };
  const { header, payload, signed, signature } = jws;
  const { typ, alg } = header;
  const challenge = typeof payload['jti'] === 'string' ? payload['jti'] : '';
  if (
    typ !== PROOF_TYPE ||
    !isDeviceAlgorithm(alg) ||
    Object.hasOwn(header, 'crit') ||
    challenge === ''
  )
    return { kind: 'malformed', challenge };
  return {
    kind: 'proof',
    challenge,
    key: keyOf(header['jwk'], alg),
    isSignedBy: ({ algorithm, publicKey }) =>
      algorithm === alg && signatureFits({ algorithm, publicKey }, signed, signature),
  };
}

/** The text that is stored with the session. */
export function writeDeviceKey({ algorithm, publicKey }: DeviceKey): string {
  return JSON.stringify({ alg: algorithm, ...publicKey.export({ format: 'jwk' }) });
}

/** Undefined for a text that `writeDeviceKey` did not write. */
export function storedDeviceKey(text: string): DeviceKey | undefined {
  try {
    const jwk = JSON.parse(text) as JsonObject | null;
    const alg = jwk?.['alg'];
    return isDeviceAlgorithm(alg) ? keyOf(jwk, alg) : undefined;
  } catch {
    return undefined;
  }
}

/** A public key that fits its algorithm, is not a published example, and is quick to verify with. */
function keyOf(jwk: unknown, algorithm: DeviceAlgorithm): DeviceKey | undefined {
  if (typeof jwk !== 'object' || jwk === null || 'd' in jwk) return undefined;
  try {
    const publicKey = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    assertKeyFits('jwk', algorithm, publicKey);
    return isQuick(publicKey) ? { algorithm, publicKey } : undefined;
  } catch {
    return undefined;
  }
}

function isDeviceAlgorithm(value: unknown): value is DeviceAlgorithm {
  return DEVICE_ALGORITHMS.some((each) => each === value);
}
