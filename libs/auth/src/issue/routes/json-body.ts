import { AuthError } from '../../common/auth-error.js';
import type { HttpRequest } from '../../verify/http/adapter.js';

/** RFC 9110, section 8.3.1, with RFC 6839's `+json`. */
const JSON_TYPE = /^application\/(?:[\w.!#$&^-]+\+)?json[ \t]*(?:;|$)/i;

/**
 * The body as the host's parser left it, when it was sent as JSON; an empty one is `{}`. A form is refused whatever the host's
 * parser made of it: a page elsewhere can send forms without asking (CSRF), and tokens are not read from them.
 */
export function jsonBodyOf(request: HttpRequest): unknown {
  if (JSON_TYPE.test(request.headers['content-type'] ?? '')) return parsedBodyOf(request);
  if (!hasBody(request)) return {};
  throw new AuthError('input_invalid', 'a body that is not JSON', {
    fields: { body: 'must be sent as application/json' },
  });
}

/** Without a parser there is no body, with one for raw bodies there are its bytes; neither is the caller's fault. */
function parsedBodyOf(request: HttpRequest): unknown {
  const { body } = request;
  if (Buffer.isBuffer(body) || (body === undefined && hasBody(request)))
    throw new AuthError(
      'body_not_parsed',
      `the JSON body of a request came ${body === undefined ? 'unread' : 'as raw bytes'}; leave Nest's bodyParser on, or put express.json() before the routes`,
    );
  return body ?? {};
}

/** RFC 9112, section 6.3. A proxy may chunk what is empty; then there is no type either. HTTP/2 may say nothing: not read, so not refused. */
function hasBody({ headers }: HttpRequest): boolean {
  const chunked = headers['transfer-encoding'] !== undefined && headers['content-type'] !== undefined;
  return chunked || Number(headers['content-length'] ?? 0) > 0;
}
