/** The public, stable `code` of every error body (contract, section 4). It says no more than the message does. */
export type AuthErrorCode =
  | 'authentication_failed'
  | 'login_refused'
  | 'password_refused'
  | 'too_many_attempts'
  | 'cross_origin'
  | 'forbidden'
  | 'reauthentication_required'
  | 'invalid_input'
  | 'not_found'
  | 'taken'
  | 'email_unverified'
  | 'second_factor_refused'
  | 'link_refused'
  | 'device_required'
  | 'too_large'
  | 'unsupported_media_type'
  | 'unavailable'
  | 'internal';

/**
 * The private reason of a refusal, more precise than the public code. It is for host code and Tokenward's log, and
 * never in an answer.
 */
export type AuthErrorReason =
  | 'token_missing'
  | 'token_refused'
  | 'login_refused'
  | 'second_factor_required'
  | 'second_factor_refused'
  | 'factor_refused'
  | 'factor_not_found'
  | 'provider_not_found'
  | 'password_refused'
  | 'password_unacceptable'
  | 'throttled'
  | 'cross_origin'
  | 'forbidden'
  | 'device_required'
  | 'invalid_dpop_proof'
  | 'proof_too_old'
  | 'input_invalid'
  | 'body_too_large'
  | 'body_type_unsupported'
  | 'body_not_parsed'
  | 'email_taken'
  | 'email_unverified'
  | 'link_refused'
  | 'session_not_found'
  | 'user_not_found'
  | 'key_not_found'
  | 'document_not_found'
  | 'api_key_not_found'
  | 'user_ambiguous'
  | 'transport_not_allowed'
  | 'claim_refused'
  | 'session_claims_refused'
  | 'tenant_unknown'
  | 'token_too_large'
  | 'unavailable'
  | 'configuration_invalid';

/** The one shape of every error body (contract, section 4). */
export interface ErrorBody {
  readonly statusCode: number;
  readonly error: string;
  readonly message: string;
  readonly code: AuthErrorCode;
}
