import { ALGORITHMS } from './algorithms.js';
import type { RemoteSigningKey } from './key-set.js';
import { signatureFits } from './signature.js';

/**
 * A remote signer's signature in the encoding of RFC 7518, section 3.4; undefined if it is not the
 * key's own signature of `signed`.
 */
export function joseSignature(
  key: RemoteSigningKey,
  signed: Buffer,
  given: unknown,
): Buffer | undefined {
  if (!(given instanceof Uint8Array)) return undefined;
  const bytes = Buffer.from(given);
  const candidates = [bytes, fromDer(key, bytes)];
  return candidates.find((each) => each !== undefined && signatureFits(key, signed, each));
}

/** Converts ECDSA-Sig-Value (RFC 3279, section 2.2.3), which most KMS return, to r ‖ s. */
function fromDer({ algorithm }: RemoteSigningKey, der: Buffer): Buffer | undefined {
  const traits = ALGORITHMS[algorithm];
  if (traits.family !== 'ec' || der[0] !== 0x30) return undefined;
  const half = traits.signatureBytes / 2;
  // only P-521 needs the long form of the length
  let at = (der[1] ?? 0) > 0x80 ? 3 : 2;
  const parts: Buffer[] = [];
  for (let part = 0; part < 2; part += 1) {
    const length = der[at + 1] ?? 0;
    if (der[at] !== 0x02 || length === 0) return undefined;
    const value = der.subarray(at + 2, at + 2 + length);
    const trimmed = value[0] === 0 ? value.subarray(1) : value;
    if (trimmed.length > half) return undefined;
    parts.push(Buffer.concat([Buffer.alloc(half - trimmed.length), trimmed]));
    at += 2 + length;
  }
  return Buffer.concat(parts);
}
