import { HttpException } from '@nestjs/common';
import { bodyOf, type ErrorStatus } from './error-answer.js';
import type { ErrorBody } from '../../contract/index.js';

/**
 * Matches what the body parsers of Express and Fastify throw, and Express at a path that is not percent-encoded. Their messages quote what they
 * read, so a malformed login would echo the password; they fail before any route is known, hence this stands for every route of the app.
 */
export class UnreadableBody {
  static [Symbol.hasInstance](exception: unknown): boolean {
    return exception instanceof HttpException && exception.getStatus() < 500 && isParserFailure(exception);
  }
}

const PARSER_TYPES = /^(?:entity|encoding|charset|request|parameters)\./;
/** Fastify's parser, and zlib's reading of a `Content-Encoding` that is not what it says. */
const PARSER_CODES = /^(?:FST_ERR_CTP_|Z_|ERR__|ZSTD_)/;
/** Nest 11 keeps no cause. The wording is V8's. */
const QUOTING =
  /^(?:Unexpected (?:token|end|non-whitespace|string|number)|Expected |Bad |Unterminated |.* is not valid JSON)/s;

function isParserFailure(exception: HttpException): boolean {
  const cause = exception.cause as { type?: unknown; code?: unknown } | undefined;
  if (cause) {
    return (
      (typeof cause.type === 'string' && PARSER_TYPES.test(cause.type)) ||
      (typeof cause.code === 'string' && PARSER_CODES.test(cause.code)) ||
      ((cause instanceof SyntaxError || cause instanceof URIError) && 'status' in cause)
    );
  }
  return (
    exception.getStatus() === 400 && QUOTING.test(exception.message) && exception.message.includes('JSON')
  );
}

const TEXTS: Partial<Record<number, string>> = {
  413: 'body: too large',
  415: 'body: must be application/json in UTF-8',
};

export function answerToUnreadable(exception: HttpException): ErrorBody {
  if (exception.cause instanceof URIError) return bodyOf(400, 'path: must be percent-encoded UTF-8');
  const status = exception.getStatus();
  const text = TEXTS[status];
  return text ? bodyOf(status as ErrorStatus, text) : bodyOf(400, 'body: must be valid JSON');
}
