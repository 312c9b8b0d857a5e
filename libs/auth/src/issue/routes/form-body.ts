import { AuthError } from '../../common/auth-error.js';
import type { HttpRequest } from '../../verify/http/adapter.js';

const FORM_TYPE = /^application\/x-www-form-urlencoded[ \t]*(?:;|$)/i;

/**
 * The form that a provider posted, as the host's parser left it. A repeated field is kept as often as it came. Throws
 * `input_invalid` for a body that is not a form, and `body_not_parsed` if the host has no parser for forms.
 */
export function formBodyOf(request: HttpRequest): URLSearchParams {
  const { body, headers } = request;
  if (!FORM_TYPE.test(headers['content-type'] ?? ''))
    throw new AuthError('input_invalid', 'a body that is not a form', {
      fields: { body: 'must be sent as application/x-www-form-urlencoded' },
    });
  if (Buffer.isBuffer(body) || typeof body === 'string')
    return new URLSearchParams(body.toString());
  if (typeof body !== 'object' || body === null)
    throw new AuthError(
      'body_not_parsed',
      "no parser read the form of a provider; leave Nest's bodyParser on, or put express.urlencoded() before the routes",
    );
  const fields = Object.entries(body).flatMap(([name, value]: [string, unknown]) =>
    (Array.isArray(value) ? value : [value])
      .filter((each) => typeof each === 'string')
      .map((each): [string, string] => [name, each]),
  );
  return new URLSearchParams(fields);
}

/** The value of a field. Throws `input_invalid` unless it came exactly once. */
export function fieldOf(form: URLSearchParams, name: string): string {
  const [value, ...others] = form.getAll(name);
  if (value !== undefined && others.length === 0) return value;
  throw new AuthError('input_invalid', `form field ${name}`, {
    fields: { [name]: 'must be given once' },
  });
}
