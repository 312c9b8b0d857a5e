import { AuthError } from '../../common/auth-error.js';

/** The refusal of a valid proof by another key than the expected one. */
export function otherKey(detail: string): AuthError {
  const dpop = { error: 'invalid_dpop_proof' } as const;
  return new AuthError('invalid_dpop_proof', detail, { dpop, fields: { dpop: dpop.error } });
}
