import { RequestMethod } from '@nestjs/common';
import type { HostRoute } from './host-routes.js';

const INTERCEPTORS = '__interceptors__';
const METHOD = 'method';
/** What `CacheInterceptor` of @nestjs/cache-manager reads. */
export const CACHE_KEY = 'cache_module:cache_key';

/**
 * Whether `CacheInterceptor` of @nestjs/cache-manager answers everybody with what the first caller got: its key is the
 * URL, or a text of `@CacheKey`. A `trackBy` or a function of the host may put the caller into the key.
 *
 * @param everywhere the global interceptors.
 */
export function isCachedForAll(
  { kind, called, routeClass }: HostRoute,
  everywhere: readonly object[],
): boolean {
  if (kind === 'method') return false;
  const interceptors = [...everywhere, ...interceptorsAt(routeClass), ...interceptorsAt(called)];
  if (!interceptors.some(hasItsOwnKeys)) return false;
  const key: unknown = Reflect.getMetadata(CACHE_KEY, called);
  if (key !== undefined) return typeof key === 'string';
  const method: unknown = Reflect.getMetadata(METHOD, called);
  return kind === 'http' && (method === RequestMethod.GET || method === RequestMethod.ALL);
}

function interceptorsAt(target: object): readonly object[] {
  return (Reflect.getMetadata(INTERCEPTORS, target) as object[] | undefined) ?? [];
}

/** The nearest `trackBy` is the one of the package, a class that also has `isRequestCacheable`. */
function hasItsOwnKeys(interceptor: object): boolean {
  let each = typeof interceptor === 'function' ? (interceptor.prototype as object) : interceptor;
  while (each && !Object.hasOwn(each, 'trackBy')) each = Object.getPrototypeOf(each) as object;
  return Boolean(each) && Object.hasOwn(each, 'isRequestCacheable');
}
