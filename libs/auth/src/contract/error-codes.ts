/** Stable codes of everything Tokenward refuses. Which HTTP answer each becomes is decided in `http/` alone. */
export type AuthErrorCode =
  | 'token_missing'
  | 'token_refused'
  | 'login_refused'
  | 'second_factor_required'
  | 'password_refused'
  | 'password_unacceptable'
  | 'throttled'
  | 'cross_origin'
  | 'forbidden'
  | 'proof_too_old'
  | 'input_invalid'
  | 'email_taken'
  | 'session_not_found'
  | 'user_not_found'
  | 'key_not_found'
  | 'transport_not_allowed'
  | 'claim_refused'
  | 'token_too_large'
  | 'unavailable'
  | 'configuration_invalid';

/** The one shape of every error body (contract, section 4). */
export interface ErrorBody {
  readonly statusCode: number;
  readonly error: string;
  readonly message: string;
}
