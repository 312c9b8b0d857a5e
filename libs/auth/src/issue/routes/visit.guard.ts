import { type CanActivate, type ExecutionContext, Injectable, NotFoundException } from '@nestjs/common';
import { headerValues, type HttpRequest } from '../../verify/http/adapter.js';
import { urlOf } from './oidc-url.js';

/** What browsers send along when nobody goes there yet: the first is of the Fetch standard, the others are older. */
const PREFETCH_HEADERS = ['sec-purpose', 'purpose', 'x-moz', 'x-purpose'];

/**
 * For a `GET` that does something: a person's visit alone counts. `HEAD` (link checkers; the frameworks answer it like `GET`) and a prefetch get 404, as from
 * a router without such a route, and a browser that prefetched asks again once the person goes there.
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
