import type { AuthError } from '../../common/auth-error.js';
import type { AuthErrorCode, ErrorBody } from '../../contract/index.js';

/** What goes out over HTTP for a refusal. */
export interface ErrorAnswer {
  readonly body: ErrorBody;
  readonly headers: Readonly<Record<string, string>>;
}

const REASONS = {
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
export type ErrorStatus = keyof typeof REASONS;

/** Status and public text of every code (contract, section 4). Nothing private of the error is ever added. */
const PUBLIC: Readonly<Record<AuthErrorCode, readonly [ErrorStatus, string]>> = {
  token_missing: [401, 'Authentication failed'],
  token_refused: [401, 'Authentication failed'],
  proof_too_old: [401, 'More recent authentication is required'],
  login_refused: [401, 'Login refused'],
  second_factor_required: [403, 'Second factor required'],
  password_refused: [403, 'Password refused'],
  cross_origin: [403, 'Cross-origin request refused'],
  forbidden: [403, 'Access denied'],
  password_unacceptable: [400, 'Password not acceptable'],
  input_invalid: [400, 'Malformed input'],
  transport_not_allowed: [400, 'transport: not allowed here'],
  session_not_found: [404, 'Session not found'],
  user_not_found: [404, 'User not found'],
  key_not_found: [404, 'Key not found'],
  email_taken: [409, 'Email already registered'],
  throttled: [429, 'Too many attempts'],
  unavailable: [503, 'Temporarily unavailable'],
  claim_refused: [500, 'Internal server error'],
  token_too_large: [500, 'Internal server error'],
  configuration_invalid: [500, 'Internal server error'],
};

export function statusOf(error: AuthError): ErrorStatus {
  return PUBLIC[error.code][0];
}

export function bodyOf(statusCode: ErrorStatus, message: string): ErrorBody {
  return { statusCode, error: REASONS[statusCode], message };
}

/** The answer to a refusal; `Cache-Control: no-store` is on all of them. */
export function answerTo(error: AuthError): ErrorAnswer {
  const [status, text] = PUBLIC[error.code];
  const fields = Object.entries(error.extra.fields ?? {});
  const message =
    status === 400 && fields.length > 0 ? fields.map((each) => each.join(': ')).join('; ') : text;
  return {
    body: bodyOf(status, message),
    headers: { 'Cache-Control': 'no-store', ...headersOf(error, status) },
  };
}

function headersOf(error: AuthError, status: ErrorStatus): Readonly<Record<string, string>> {
  if (status === 401) return { 'WWW-Authenticate': challengeTo(error) };
  if (status === 429 || status === 503) return { 'Retry-After': retryAfter(error.extra.retryAfterSeconds) };
  return {};
}

/** RFC 6750, section 3, and RFC 9470, section 3. */
export function challengeTo(error: AuthError): string {
  if (error.code === 'token_refused') return 'Bearer error="invalid_token"';
  if (error.code !== 'proof_too_old') return 'Bearer';
  return `Bearer error="insufficient_user_authentication", max_age="${error.extra.maxAgeSeconds ?? 0}"`;
}

/** Whole seconds, never 0: a client would come back at once (RFC 9110, section 10.2.3). */
function retryAfter(seconds = 1): string {
  return String(Math.max(1, Math.ceil(seconds)));
}
