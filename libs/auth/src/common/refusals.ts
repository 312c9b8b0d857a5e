import type { AuthErrorCode, AuthErrorReason, ErrorBody } from '../contract/index.js';

const STATUS_TEXTS = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;
export type ErrorStatus = keyof typeof STATUS_TEXTS;

/** Status, public code and public text of every reason (contract, section 4). */
const REFUSALS: Readonly<Record<AuthErrorReason, readonly [ErrorStatus, AuthErrorCode, string]>> = {
  token_missing: [401, 'authentication_failed', 'Authentication failed'],
  token_refused: [401, 'authentication_failed', 'Authentication failed'],
  proof_too_old: [401, 'reauthentication_required', 'More recent authentication is required'],
  login_refused: [401, 'login_refused', 'Login refused'],
  second_factor_required: [403, 'second_factor_refused', 'Second factor required'],
  second_factor_refused: [401, 'second_factor_refused', 'Second factor refused'],
  factor_refused: [403, 'second_factor_refused', 'Second factor refused'],
  factor_not_found: [404, 'not_found', 'Factor not found'],
  provider_not_found: [404, 'not_found', 'Provider not found'],
  password_refused: [403, 'password_refused', 'Password refused'],
  email_unverified: [403, 'email_unverified', 'Email address not verified'],
  cross_origin: [403, 'cross_origin', 'Cross-origin request refused'],
  forbidden: [403, 'forbidden', 'Access denied'],
  device_required: [403, 'device_required', 'Bound session required'],
  invalid_dpop_proof: [400, 'invalid_input', 'DPoP: invalid_dpop_proof'],
  link_refused: [400, 'link_refused', 'Link refused'],
  password_unacceptable: [400, 'invalid_input', 'Password not acceptable'],
  input_invalid: [400, 'invalid_input', 'Malformed input'],
  transport_not_allowed: [400, 'invalid_input', 'transport: not allowed here'],
  session_not_found: [404, 'not_found', 'Session not found'],
  user_not_found: [404, 'not_found', 'User not found'],
  key_not_found: [404, 'not_found', 'Key not found'],
  document_not_found: [404, 'not_found', 'Not found'],
  api_key_not_found: [404, 'not_found', 'API key not found'],
  email_taken: [409, 'taken', 'Email already registered'],
  body_too_large: [413, 'too_large', 'body: too large'],
  body_type_unsupported: [415, 'unsupported_media_type', 'body: must be application/json in UTF-8'],
  throttled: [429, 'too_many_attempts', 'Too many attempts'],
  user_ambiguous: [503, 'unavailable', 'Temporarily unavailable'],
  unavailable: [503, 'unavailable', 'Temporarily unavailable'],
  body_not_parsed: [500, 'internal', 'Internal server error'],
  claim_refused: [500, 'internal', 'Internal server error'],
  session_claims_refused: [500, 'internal', 'Internal server error'],
  tenant_unknown: [500, 'internal', 'Internal server error'],
  token_too_large: [500, 'internal', 'Internal server error'],
  configuration_invalid: [500, 'internal', 'Internal server error'],
};

/** The public body. `fields` are shown with a 400 or 409, if they say more than the fixed text. */
export function bodyOf(
  reason: AuthErrorReason,
  fields: Readonly<Record<string, string>> = {},
): ErrorBody {
  const [statusCode, code, text] = REFUSALS[reason];
  const named = Object.entries(fields).map((each) => each.join(': '));
  const shown = (statusCode === 400 || statusCode === 409) && named.length > 0;
  const message = shown ? named.join('; ') : text;
  return { statusCode, error: STATUS_TEXTS[statusCode], message, code };
}

/** The challenge for a client that holds a key (RFC 9449, sections 5, 7.1 and 8). */
export interface DpopChallenge {
  readonly error: 'invalid_dpop_proof' | 'use_dpop_nonce' | 'invalid_token';
  /** The nonce that the client puts into its next proofs. It is not a secret. */
  readonly nonce?: string;
}

export interface HeaderFacts {
  readonly dpop?: DpopChallenge;
  readonly retryAfterSeconds?: number;
  readonly maxAgeSeconds?: number;
  readonly resourceMetadata?: string;
  readonly sessionChallenge?: string;
}

/** The headers of the answer; `Cache-Control: no-store` is on all of them. */
export function headersOf(
  reason: AuthErrorReason,
  facts: HeaderFacts,
): Readonly<Record<string, string>> {
  const [status] = REFUSALS[reason];
  return {
    'Cache-Control': 'no-store',
    ...(facts.dpop?.nonce !== undefined && { 'DPoP-Nonce': facts.dpop.nonce }),
    ...((status === 401 || facts.dpop) && { 'WWW-Authenticate': challengeOf(reason, facts) }),
    ...(facts.sessionChallenge !== undefined && {
      'Secure-Session-Challenge': facts.sessionChallenge,
    }),
    ...((status === 429 || status === 503) && {
      'Retry-After': wholeSeconds(facts.retryAfterSeconds),
    }),
  };
}

const DPOP_ALGORITHMS = 'ES256 ES384 RS256 PS256';

/** RFC 6750, section 3, RFC 9449, section 7.1, RFC 9470, section 3, and RFC 9728, section 5.1. */
function challengeOf(
  reason: AuthErrorReason,
  { maxAgeSeconds = 0, resourceMetadata, dpop }: HeaderFacts,
): string {
  const members = [
    dpop && `error="${dpop.error}", algs="${DPOP_ALGORITHMS}"`,
    !dpop && reason === 'token_refused' && 'error="invalid_token"',
    reason === 'proof_too_old' &&
      `error="insufficient_user_authentication", max_age="${maxAgeSeconds}"`,
    resourceMetadata !== undefined && `resource_metadata="${resourceMetadata}"`,
  ].filter((each) => typeof each === 'string');
  return [dpop ? 'DPoP' : 'Bearer', ...(members.length > 0 ? [members.join(', ')] : [])].join(' ');
}

/** Never 0, because a client would retry at once (RFC 9110, section 10.2.3). */
function wholeSeconds(seconds = 1): string {
  return String(Math.max(1, Math.ceil(seconds)));
}

/** The codes that GraphQL clients know (Apollo's names). */
const GRAPHQL_CODES: Readonly<Record<ErrorStatus, string>> = {
  400: 'BAD_USER_INPUT',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'BAD_USER_INPUT',
  415: 'BAD_USER_INPUT',
  429: 'TOO_MANY_REQUESTS',
  500: 'INTERNAL_SERVER_ERROR',
  503: 'SERVICE_UNAVAILABLE',
};

/** gRPC's status codes: unauthenticated, permission denied, resource exhausted, unavailable and so on. */
const GRPC_CODES: Readonly<Record<ErrorStatus, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  409: 6,
  413: 3,
  415: 3,
  429: 8,
  500: 13,
  503: 14,
};

export const graphqlCodeOf = (status: ErrorStatus): string => GRAPHQL_CODES[status];
export const grpcCodeOf = (status: ErrorStatus): number => GRPC_CODES[status];
export const statusOf = (reason: AuthErrorReason): ErrorStatus => REFUSALS[reason][0];
