import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { RecentValues } from '../../common/recent-values.js';
import type { SigningAlgorithm } from '../../options/key-options.js';
import { assertKeyFits, isQuick } from '../keys/key-fitness.js';
import { publicKeyThumbprint } from '../keys/thumbprint.js';
import type { JsonObject } from '../tokens/strict-json.js';
import { own } from '../tokens/verification-policy.js';

export interface ProofKey {
  readonly publicKey: KeyObject;
  /** RFC 7638. */
  readonly thumbprint: string;
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
/** The members of a public key. */
const MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e'];
/**
 * Reading and checking a key costs several times as much as verifying a signature, and a client
 * uses one key for a long time.
 */
const REMEMBERED = 1_000;
const judged = new RecentValues<string, ProofKey>(REMEMBERED);

/** Undefined for anything except a public key that fits the algorithm. */
export function proofKeyOf(jwk: unknown, algorithm: SigningAlgorithm): ProofKey | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined;
  if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return undefined;
  const said = own(jwk as JsonObject, 'alg');
  if (said !== undefined && said !== algorithm) return undefined;
  const name = JSON.stringify([
    algorithm,
    ...MEMBERS.map((member) => own(jwk as JsonObject, member)),
  ]);
  const known = judged.get(name);
  if (known) return known;
  const key = readKey(jwk, algorithm);
  if (!key) return undefined;
  judged.set(name, key);
  return key;
}

function readKey(jwk: object, algorithm: SigningAlgorithm): ProofKey | undefined {
  try {
    const publicKey = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    assertKeyFits('jwk', algorithm, publicKey);
    return isQuick(publicKey)
      ? { publicKey, thumbprint: publicKeyThumbprint(publicKey) }
      : undefined;
  } catch {
    return undefined;
  }
}
