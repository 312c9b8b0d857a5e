import { AuthError } from '../../common/auth-error.js';
import { isInForeignCharset } from './json-body.js';

const PARSER_TYPES = /^(?:entity|encoding|charset|request|parameters)\./;
/**
 * Error codes of Fastify's parser, of `@fastify/compress`, and of zlib: the body does not match its `Content-Encoding`.
 */
const PARSER_CODES = /^(?:FST_ERR_CTP_|FST_CP_ERR_|Z_|ERR__|ZSTD_)/;

interface ParserFailure {
  readonly type?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly statusCode?: unknown;
}

/**
 * Turns an error of a body parser (Express or Fastify), or Express's error for a malformed path, into a refusal;
 * undefined for any other error. The parsers' own messages quote their input, so a malformed login would echo the
 * password.
 */
export function refusalOfUnreadable(error: unknown, contentType?: string): AuthError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { type, code, status, statusCode = status }: Error & ParserFailure = error;
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode >= 500) return undefined;
  if (error instanceof URIError) return malformed('path', 'must be percent-encoded UTF-8');
  const byParser =
    (typeof type === 'string' && PARSER_TYPES.test(type)) ||
    (typeof code === 'string' && PARSER_CODES.test(code)) ||
    error instanceof SyntaxError;
  if (!byParser) return undefined;
  if (statusCode === 413)
    return new AuthError('body_too_large', "the host's body parser refused it");
  // Fastify reads every body as UTF-8, so a body in another charset fails as malformed JSON
  if (statusCode === 415 || isInForeignCharset(contentType))
    return new AuthError('body_type_unsupported', "the host's body parser refused it");
  return malformed('body', 'must be valid JSON');
}

function malformed(field: 'body' | 'path', problem: string): AuthError {
  return new AuthError('input_invalid', `unreadable ${field}`, { fields: { [field]: problem } });
}
