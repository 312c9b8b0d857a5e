import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { AuthError } from '../common/auth-error.js';
import type { HttpRequest } from './adapter.js';

/** RFC 9110, section 8.3.1, with RFC 6839's `+json`. */
const JSON_TYPE = /^application\/(?:[\w.!#$&^-]+\+)?json[ \t]*(?:;|$)/i;

/**
 * The body as the host's parser left it, when it was sent as JSON; an empty one is `{}`. A form is refused whatever the host's parser made of it: a
 * page elsewhere can send forms without asking (CSRF), and tokens are not read from them.
 */
export const JsonBody = createParamDecorator((_: unknown, context: ExecutionContext): unknown =>
  jsonBodyOf(context.switchToHttp().getRequest<HttpRequest>()),
);

export function jsonBodyOf(request: HttpRequest): unknown {
  if (!hasBody(request)) return {};
  if (!JSON_TYPE.test(request.headers['content-type'] ?? ''))
    throw new AuthError('input_invalid', 'a body that is not JSON', {
      fields: { body: 'must be sent as application/json' },
    });
  return request.body ?? {};
}

/** RFC 9112, section 6.3. */
function hasBody({ headers }: HttpRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
