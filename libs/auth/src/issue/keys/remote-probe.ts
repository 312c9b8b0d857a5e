import { AuthError } from '../../common/auth-error.js';
import { withDeadline } from '../../common/deadline.js';
import { joseSignature } from '../../verify/keys/remote-signature.js';
import type { SigningKey } from '../../verify/keys/key-set.js';

const PROBE = 'tokenward key check';

/**
 * Whether the remote signer answers now. Throws `configuration_invalid` if it signs with another
 * key than the published one.
 */
export async function probeSigner(
  option: string,
  key: SigningKey,
  deadlineMs: number,
): Promise<boolean> {
  if (!('sign' in key)) return true;
  const bytes = Buffer.from(PROBE, 'latin1');
  let given: unknown;
  try {
    const request = { keyId: key.kid, algorithm: key.algorithm, bytes: Buffer.from(bytes) };
    given = await withDeadline(Promise.resolve(key.sign(request)), deadlineMs, option);
  } catch {
    // an outage of the signer must not stop verification: signing is tried again for each token
    return false;
  }
  if (joseSignature(key, bytes, given)) return true;
  throw AuthError.configuration(
    option,
    `gives no ${key.algorithm} signature of the public key of ${JSON.stringify(key.kid)}: name the same key in both, and sign the bytes, not their digest`,
  );
}
