import { AuthError } from '../../common/auth-error.js';
import type { DpopChallenge } from '../../common/refusals.js';

/**
 * The refusal of a sign-in or a refresh whose proof is invalid, or is valid but of another key than
 * the expected one.
 */
export function dpopRefusal(
  detail: string,
  dpop: DpopChallenge = { error: 'invalid_dpop_proof' },
): AuthError {
  return new AuthError('invalid_dpop_proof', detail, { dpop, fields: { dpop: dpop.error } });
}
