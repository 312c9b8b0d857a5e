import { AuthError } from '../../common/auth-error.js';
import type { HttpRequest } from '../../verify/http/adapter.js';

/** RFC 9110, section 8.3.1, with RFC 6839's `+json`. */
const JSON_TYPE = /^application\/(?:[\w.!#$&^-]+\+)?json[ \t]*(?:;|$)/i;

/** What every parser of JSON reads. It may leave others unread: those of a `+json` type, or with malformed parameters. */
const PLAIN_JSON = /^application\/json(?:;[ \t]*charset=(?:utf-?8|"utf-?8"))?$/i;

const CHARSETS = /;[ \t]*charset[ \t]*=[ \t]*([^;]*)/gi;
const UTF_8 = /^(?:utf-?8|"utf-?8")[ \t]*$/i;

/** JSON is UTF-8 (RFC 8259, section 8.1): in UTF-7 or UTF-16 a filter in front reads another text than the parser. */
export function isInForeignCharset(contentType = ''): boolean {
  return [...contentType.matchAll(CHARSETS)].some(([, charset = '']) => !UTF_8.test(charset));
}

/**
 * The body as the host's parser left it, when it was sent as JSON; an empty one is `{}`. A form is refused whatever the host's
 * parser made of it: a page elsewhere can send forms without asking (CSRF), and tokens are not read from them.
 */
export function jsonBodyOf(request: HttpRequest): unknown {
  const type = request.headers['content-type'];
  if (JSON_TYPE.test(type ?? '')) {
    if (isInForeignCharset(type)) throw new AuthError('body_type_unsupported', 'JSON in another charset');
    return parsedBodyOf(request);
  }
  if (!hasBody(request)) return {};
  throw new AuthError('input_invalid', 'a body that is not JSON', {
    fields: { body: 'must be sent as application/json' },
  });
}

/** Without a parser there is no body, with one for raw bodies there are its bytes; neither is the caller's fault where the type is plain. */
function parsedBodyOf(request: HttpRequest): unknown {
  const { body } = request;
  if (Buffer.isBuffer(body) || (body === undefined && hasBody(request))) {
    if (!PLAIN_JSON.test(request.headers['content-type'] ?? ''))
      throw new AuthError(
        'body_type_unsupported',
        'JSON of a type that the parser of the host does not read',
      );
    throw new AuthError(
      'body_not_parsed',
      `the JSON body of a request came ${body === undefined ? 'unread' : 'as raw bytes'}; leave Nest's bodyParser on, or put express.json() before the routes`,
    );
  }
  return body ?? {};
}

/** RFC 9112, section 6.3. A proxy may chunk what is empty; then there is no type either. HTTP/2 may say nothing: not read, so not refused. */
function hasBody({ headers }: HttpRequest): boolean {
  const chunked = headers['transfer-encoding'] !== undefined && headers['content-type'] !== undefined;
  return chunked || Number(headers['content-length'] ?? 0) > 0;
}
