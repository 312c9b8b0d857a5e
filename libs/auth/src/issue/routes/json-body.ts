import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { HttpRequest } from '../../verify/http/adapter.js';

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
  if (JSON_TYPE.test(request.headers['content-type'] ?? '')) return request.body ?? {};
  if (!hasBody(request)) return {};
  throw new AuthError('input_invalid', 'a body that is not JSON', {
    fields: { body: 'must be sent as application/json' },
  });
}

/** RFC 9112, section 6.3. A proxy may chunk what is empty; then there is no type either. HTTP/2 may say nothing: not read, so not refused. */
function hasBody({ headers }: HttpRequest): boolean {
  const chunked = headers['transfer-encoding'] !== undefined && headers['content-type'] !== undefined;
  return chunked || Number(headers['content-length'] ?? 0) > 0;
}
