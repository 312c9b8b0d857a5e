import { Readable } from 'node:stream';
import { AuthError } from '../../common/auth-error.js';
import type { HttpRequest } from '../../verify/http/adapter.js';
import { hasBytes } from './unread-body.js';

/** RFC 9110, section 8.3.1, with RFC 6839's `+json`. */
const JSON_TYPE = /^application\/(?:[\w.!#$&^-]+\+)?json[ \t]*(?:;|$)/i;

/**
 * The content types that every JSON parser reads. A parser may ignore others, such as `+json` types or malformed
 * parameters.
 */
const PLAIN_JSON = /^application\/json(?:;[ \t]*charset=(?:utf-?8|"utf-?8"))?$/i;

const CHARSETS = /;[ \t]*charset[ \t]*=[ \t]*([^;]*)/gi;
const UTF_8 = /^(?:utf-?8|"utf-?8")[ \t]*$/i;

/**
 * JSON is UTF-8 (RFC 8259, section 8.1). In UTF-7 or UTF-16, a filter in front could read another text than the
 * parser does.
 */
export function isInForeignCharset(contentType = ''): boolean {
  return [...contentType.matchAll(CHARSETS)].some(([, charset = '']) => !UTF_8.test(charset));
}

/**
 * The JSON body, as the host's parser left it; `{}` if it is empty. A form is refused even if the host's parser read
 * it: any site can post a form without a preflight (CSRF), and tokens are never read from one.
 */
export function jsonBodyOf(request: HttpRequest): unknown {
  const type = request.headers['content-type'];
  if (type === 'application/json') return parsedBodyOf(request);
  if (JSON_TYPE.test(type ?? '')) {
    if (isInForeignCharset(type))
      throw new AuthError('body_type_unsupported', 'JSON in another charset');
    return parsedBodyOf(request);
  }
  if (!hasBody(request)) return {};
  throw notJson();
}

/**
 * The same for a route that does something without a body, too. Of a body in chunks without a content type, Express
 * parses nothing, so that only the stream tells whether it is empty: an ignored token would be a sign-out that ends
 * nothing.
 */
export async function optionalJsonBodyOf(request: HttpRequest): Promise<unknown> {
  const body = jsonBodyOf(request);
  const { headers } = request;
  const mayBeUnread =
    headers['transfer-encoding'] !== undefined && headers['content-type'] === undefined;
  if (mayBeUnread && request instanceof Readable && (await hasBytes(request))) throw notJson();
  return body;
}

const notJson = () =>
  new AuthError('input_invalid', 'a body that is not JSON', {
    fields: { body: 'must be sent as application/json' },
  });

/**
 * A host without a parser leaves no body, and a parser for raw bytes or text leaves the body as it came. If the content
 * type is plain JSON, that is the host's fault and not the caller's.
 */
function parsedBodyOf(request: HttpRequest): unknown {
  const left = leftUnparsed(request);
  if (left === undefined) return request.body ?? {};
  if (!PLAIN_JSON.test(request.headers['content-type'] ?? ''))
    throw new AuthError(
      'body_type_unsupported',
      'JSON of a type that the parser of the host does not read',
    );
  throw new AuthError('body_not_parsed', `the JSON body of a request was ${left}`);
}

const CURE = 'give that parser the paths that need it, or put express.json() before it';

/** What the host did with the body instead of parsing it, and the cure. */
function leftUnparsed(request: HttpRequest): string | undefined {
  const { body } = request;
  if (Buffer.isBuffer(body)) return `left as raw bytes, by a parser like express.raw(); ${CURE}`;
  if (typeof body === 'string' && isWhole(body, request))
    return `left as text, by a parser like express.text(); ${CURE}`;
  if (body === undefined && hasBody(request))
    return "not parsed; leave Nest's bodyParser on, or put express.json() before the routes";
  return undefined;
}

/**
 * A JSON string that was parsed has lost at least its quotes, so that a caller cannot be taken for the host. It may
 * have grown again where it was compressed, or by a U+FFFD for each byte that is not UTF-8.
 */
function isWhole(text: string, { headers }: HttpRequest): boolean {
  if (headers['content-encoding'] !== undefined || text.includes('\uFFFD')) return false;
  return Buffer.byteLength(text) === Number(headers['content-length']);
}

/**
 * RFC 9112, section 6.3. A proxy may send an empty body in chunks; then there is no content type either. HTTP/2 may
 * announce neither: such a body is ignored and not refused.
 */
function hasBody({ headers }: HttpRequest): boolean {
  const chunked =
    headers['transfer-encoding'] !== undefined && headers['content-type'] !== undefined;
  return chunked || Number(headers['content-length'] ?? 0) > 0;
}
