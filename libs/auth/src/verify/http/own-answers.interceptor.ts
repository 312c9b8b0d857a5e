import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
  UseInterceptors,
} from '@nestjs/common';
import { catchError, map, type Observable, throwError } from 'rxjs';
import { prepared } from './refused.js';
import { type AnsweringResponse, sealAnswer } from './sealed-answer.js';

/**
 * The innermost interceptor of Tokenward's routes. The answer is laid aside for the moment at which it is sent, and those of the
 * host see an empty one in its place: an envelope wraps nothing, a cache keeps nobody's data, a log holds no token.
 */
@Injectable()
export class OwnAnswers implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<object> {
    return next.handle().pipe(
      map((body: unknown) => {
        sealAnswer(context.switchToHttp().getResponse<AnsweringResponse>(), body);
        // never nothing: some take that for a resource that was not found
        return Array.isArray(body) ? [] : {};
      }),
      catchError((error: unknown) => throwError(() => prepared(context, error))),
    );
  }
}

/** What `CacheInterceptor` of @nestjs/cache-manager reads. */
const CACHE_KEY = 'cache_module:cache_key';
const CACHE_TTL = 'cache_module:cache_ttl';

/** On each controller of Tokenward: its answers are its own under the host's global interceptors. */
export function AnswersItself(): ClassDecorator {
  return applyDecorators(UseInterceptors(OwnAnswers), SetMetadata(CACHE_TTL, refuseCache));
}

/** On each handler: no key, no cache. */
export function NeverCached(): MethodDecorator {
  return SetMetadata(CACHE_KEY, () => undefined);
}

/** Where a subclass makes up a key all the same, an error here makes the interceptor go on without its cache. */
function refuseCache(): never {
  throw new Error('answers of Tokenward are never cached');
}
