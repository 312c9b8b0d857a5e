import { Res } from '@nestjs/common';
import { CACHE_KEY, noKey } from '../guards/cached-for-all.js';
import { type HttpResponse, setHeader } from './adapter.js';
import { preparedFor } from './refused.js';
import { type AnsweringResponse, sealAnswer } from './sealed-answer.js';

/** The index of the added parameter: a route of Tokenward takes at most the request and the response before it. */
const RESPONSE_AT = 2;

/** What `CacheInterceptor` of @nestjs/cache-manager reads, beside the key. */
const CACHE_TTL = 'cache_module:cache_ttl';

/**
 * On each handler of Tokenward. The real answer is kept aside until it is sent, and the interceptors
 * of the host see an empty one instead: they can neither wrap it nor cache it, and no log of theirs
 * holds a token. This is not an interceptor itself, because a route with an interceptor pays for RxJS
 * in each request.
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
      // an interceptor of the host may have replaced it
      setHeader(response, 'Cache-Control', 'no-store');
      try {
        body = await handle.apply(this, given);
      } catch (error) {
        throw preparedFor(response, error);
      }
      sealAnswer(response, body);
      // not undefined, which some interceptors answer with 404
      return Array.isArray(body) ? [] : {};
    };
    // what Nest and its OpenAPI module know of a handler
    Object.defineProperty(sealed, 'name', { value: name });
    for (const key of Reflect.getMetadataKeys(handle))
      Reflect.defineMetadata(key, Reflect.getMetadata(key, handle), sealed);
    Reflect.defineMetadata(CACHE_KEY, noKey, sealed);
    Reflect.defineMetadata(CACHE_TTL, refuseCache, sealed);
    descriptor.value = sealed as T;
  };
}

/** For a subclass of the interceptor that makes a key itself: after an error here it works without its cache. */
function refuseCache(): never {
  throw new Error('answers of Tokenward are never cached');
}
