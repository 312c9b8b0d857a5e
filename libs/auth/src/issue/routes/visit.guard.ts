import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  NotFoundException,
} from '@nestjs/common';
import { headerValues, type HttpRequest } from '../../verify/http/adapter.js';
import { urlOf } from './oidc-url.js';

/** The headers of a prefetch: the first is in the Fetch standard, the others are older. */
const PREFETCH_HEADERS = ['sec-purpose', 'purpose', 'x-moz', 'x-purpose'];

/**
 * For a `GET` with an effect, which only a person's visit may have. `HEAD` (sent by link checkers; the frameworks
 * answer it like `GET`) and a prefetch get 404, as if the route did not exist. A browser that prefetched asks again
 * when the person opens the page.
 */
@Injectable()
export class VisitGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const isAhead = PREFETCH_HEADERS.some((name) =>
      headerValues(request, name).some((value) => /\bpre(?:fetch|render|view)\b/i.test(value)),
    );
    if (request.method === 'GET' && !isAhead) return true;
    throw new NotFoundException(`Cannot ${request.method ?? 'GET'} ${urlOf(request).pathname}`);
  }
}
