import { createHash } from 'node:crypto';
import type { SigningAlgorithm } from '../../options/key-options.js';
import { signatureFits } from '../keys/signature.js';
import { parseCompactJws } from '../tokens/jws.js';
import type { JsonObject } from '../tokens/strict-json.js';
import { isInstant, isText, own, REFUSED_MEMBERS } from '../tokens/verification-policy.js';
import { proofKeyOf } from './proof-key.js';
import { targetUri } from './target-uri.js';

export const PROOF_ALGORITHMS = [
  'ES256',
  'ES384',
  'RS256',
  'PS256',
] as const satisfies SigningAlgorithm[];

/** Why a proof is refused. Private, like the reasons why a token is refused. */
export type ProofRefusal =
  | 'proof_missing'
  | 'proof_malformed'
  | 'proof_type'
  | 'proof_algorithm'
  | 'proof_key'
  | 'proof_signature'
  | 'proof_method'
  | 'proof_uri'
  | 'proof_time'
  | 'proof_of_another_token'
  | 'proof_by_another_key'
  | 'proof_replayed'
  | 'proof_nonce';

/** What a proof has to match. */
export interface ProofTarget {
  readonly method: string;
  /** The URI of the request, as `targetUri` writes it. */
  readonly uri: string;
  readonly nowMs: number;
  /** How far `iat` may be from now. */
  readonly windowMs: number;
}

export type CheckedProof =
  | { readonly kind: 'refused'; readonly reason: ProofRefusal }
  | {
      readonly kind: 'accepted';
      /** Thumbprint of its key (RFC 7638). */
      readonly key: string;
      /**
       * The identity of the proof: its `jti` with its key, because two keys may use the same `jti`.
       */
      readonly id: string;
      readonly issuedAtMs: number;
      readonly ath?: string;
      readonly nonce?: string;
    };

const MAX_JTI = 128;
const MAX_NONCE = 256;
const OTHER_HEADERS = REFUSED_MEMBERS.filter((name) => name !== 'jwk');

/**
 * The checks of RFC 9449, section 4.3, that need only the proof and the request. Whether the proof was used before is
 * checked elsewhere.
 */
export function checkProof(text: string, target: ProofTarget): CheckedProof {
  const jws = parseCompactJws(text);
  if (jws.kind === 'malformed') return refused('proof_malformed');
  const { header, payload } = jws;
  if (OTHER_HEADERS.some((name) => Object.hasOwn(header, name))) return refused('proof_malformed');
  if (own(header, 'typ') !== 'dpop+jwt') return refused('proof_type');
  const algorithm = PROOF_ALGORITHMS.find((each) => each === own(header, 'alg'));
  if (!algorithm) return refused('proof_algorithm');
  const key = proofKeyOf(own(header, 'jwk'), algorithm);
  if (!key) return refused('proof_key');
  const { publicKey, thumbprint } = key;
  if (!signatureFits({ algorithm, publicKey }, jws.signed, jws.signature))
    return refused('proof_signature');
  return checkMembers(payload, target, thumbprint);
}

function checkMembers(payload: JsonObject, target: ProofTarget, key: string): CheckedProof {
  const [jti, iat, htm, htu] = ['jti', 'iat', 'htm', 'htu'].map((name) => own(payload, name));
  const [ath, nonce] = [own(payload, 'ath'), own(payload, 'nonce')];
  if (!isText(jti) || jti.length > MAX_JTI || !isText(htm) || !isText(htu))
    return refused('proof_malformed');
  if (ath !== undefined && !isText(ath)) return refused('proof_malformed');
  if (nonce !== undefined && (!isText(nonce) || nonce.length > MAX_NONCE))
    return refused('proof_malformed');
  if (htm !== target.method) return refused('proof_method');
  if (targetUri(htu) !== target.uri) return refused('proof_uri');
  if (!isInstant(iat) || Math.abs(iat * 1000 - target.nowMs) > target.windowMs)
    return refused('proof_time');
  const id = createHash('sha256').update(`${key}.${jti}`).digest('base64url');
  return { kind: 'accepted', key, id, issuedAtMs: iat * 1000, ath, nonce };
}

/** The hash of an access token that a proof for it carries (RFC 9449, section 4.2). */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function refused(reason: ProofRefusal): CheckedProof {
  return { kind: 'refused', reason };
}
