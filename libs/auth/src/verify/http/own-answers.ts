import { Res } from '@nestjs/common';
import type { HttpResponse } from './adapter.js';
import { preparedFor } from './refused.js';
import { type AnsweringResponse, sealAnswer } from './sealed-answer.js';

/** Behind the request and the response, which are all that a route of ours takes. */
const RESPONSE_AT = 2;

/** What `CacheInterceptor` of @nestjs/cache-manager reads. */
const CACHE_KEY = 'cache_module:cache_key';
const CACHE_TTL = 'cache_module:cache_ttl';

/**
 * On each handler of Tokenward. The answer is laid aside for the moment at which it is sent, and the
 * interceptors of the host see an empty one in its place: an envelope has nothing to wrap, a cache
 * nothing to keep, and a log never sees a token. This is not an interceptor, because the first interceptor of a route
 * brings RxJS into each of its requests.
 */
export function AnswersItself(): MethodDecorator {
  return <T>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): void => {
    const handle = descriptor.value;
    if (typeof handle !== 'function') return;
    Res({ passthrough: true })(target, name, RESPONSE_AT);
    const sealed = async function (this: unknown, ...given: unknown[]): Promise<object> {
      const response = given[RESPONSE_AT] as AnsweringResponse & HttpResponse;
      let body: unknown;
      try {
        body = await handle.apply(this, given);
      } catch (error) {
        throw preparedFor(response, error);
      }
      sealAnswer(response, body);
      // never nothing: some take that for a resource that was not found
      return Array.isArray(body) ? [] : {};
    };
    // what Nest and its OpenAPI module know of a handler
    Object.defineProperty(sealed, 'name', { value: name });
    for (const key of Reflect.getMetadataKeys(handle))
      Reflect.defineMetadata(key, Reflect.getMetadata(key, handle), sealed);
    // no key, no cache
    Reflect.defineMetadata(CACHE_KEY, () => undefined, sealed);
    Reflect.defineMetadata(CACHE_TTL, refuseCache, sealed);
    descriptor.value = sealed as T;
  };
}

/** Where a subclass makes up a key all the same, an error here makes the interceptor go on without its cache. */
function refuseCache(): never {
  throw new Error('answers of Tokenward are never cached');
}
