import { AuthError } from '../../common/auth-error.js';
import type { HttpRequest } from '../../verify/http/adapter.js';

const FORM_TYPE = /^application\/x-www-form-urlencoded[ \t]*(?:;|$)/i;

/**
 * A form as the host's parser left it: what providers send. A field that came twice is there twice. Throws `input_invalid` for anything that is not a
 * form, and `body_not_parsed` where the host reads none.
 */
export function formBodyOf(request: HttpRequest): URLSearchParams {
  const { body, headers } = request;
  if (!FORM_TYPE.test(headers['content-type'] ?? ''))
    throw new AuthError('input_invalid', 'a body that is not a form', {
      fields: { body: 'must be sent as application/x-www-form-urlencoded' },
    });
  if (Buffer.isBuffer(body) || typeof body === 'string') return new URLSearchParams(body.toString());
  if (typeof body !== 'object' || body === null)
    throw new AuthError(
      'body_not_parsed',
      "the form of a provider came unread; leave Nest's bodyParser on, or put express.urlencoded() before the routes",
    );
  const fields = Object.entries(body).flatMap(([name, value]: [string, unknown]) =>
    (Array.isArray(value) ? value : [value])
      .filter((each) => typeof each === 'string')
      .map((each): [string, string] => [name, each]),
  );
  return new URLSearchParams(fields);
}

/** The one value of a field. Throws `input_invalid`. */
export function fieldOf(form: URLSearchParams, name: string): string {
  const [value, ...others] = form.getAll(name);
  if (value !== undefined && others.length === 0) return value;
  throw new AuthError('input_invalid', `form field ${name}`, { fields: { [name]: 'must be given once' } });
}
