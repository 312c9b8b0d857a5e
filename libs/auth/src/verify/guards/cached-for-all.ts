import { RequestMethod } from '@nestjs/common';
import type { HostRoute } from './host-routes.js';

const INTERCEPTORS = '__interceptors__';
const METHOD = 'method';
const PACKAGES_CLASS = 'CacheInterceptor';
/** What `CacheInterceptor` of @nestjs/cache-manager reads. */
export const CACHE_KEY = 'cache_module:cache_key';
/** Of Tokenward's own handlers: without a key nothing is cached. */
export const noKey = (): undefined => undefined;

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
  const key: unknown = Reflect.getMetadata(CACHE_KEY, called);
  if (key === noKey) return false;
  const interceptors = [...everywhere, ...interceptorsAt(routeClass), ...interceptorsAt(called)];
  const caches = interceptors.flatMap((each) => trackByOf(each) ?? []);
  if (caches.length === 0) return false;
  if (typeof key === 'function') return caches.some(takesFunctionsForKeys);
  if (key !== undefined) return true;
  const method: unknown = Reflect.getMetadata(METHOD, called);
  return kind === 'http' && (method === RequestMethod.GET || method === RequestMethod.ALL);
}

function interceptorsAt(target: object): readonly object[] {
  return (Reflect.getMetadata(INTERCEPTORS, target) as object[] | undefined) ?? [];
}

type TrackBy = (this: object, context: object) => unknown;

/**
 * The `trackBy` of the package, whose class extends no other; undefined if a class of the host has its own, maybe a copy
 * of the package's that it has changed.
 */
function trackByOf(interceptor: object): TrackBy | undefined {
  let each = typeof interceptor === 'function' ? (interceptor.prototype as object) : interceptor;
  while (each && !Object.hasOwn(each, 'trackBy')) each = Object.getPrototypeOf(each) as object;
  if (!each || !Object.hasOwn(each, 'isRequestCacheable')) return undefined;
  if (Object.getPrototypeOf(each) !== Object.prototype) return undefined;
  const { trackBy } = each as { readonly trackBy: TrackBy };
  if (each.constructor.name !== PACKAGES_CLASS && !answersTheUrl(trackBy)) return undefined;
  return trackBy;
}

/** A bundler may shorten the name of the package's class. A key that names the caller reads what is not here. */
function answersTheUrl(trackBy: TrackBy): boolean {
  const url = '/the-url';
  const httpAdapter = { getRequestMethod: () => 'GET', getRequestUrl: () => url };
  const own = {
    httpAdapterHost: { httpAdapter },
    reflector: { get: () => undefined },
    isRequestCacheable: () => true,
  };
  const unread = (): never => {
    throw new TypeError('the key is not the URL alone');
  };
  const request = new Proxy({}, { get: unread, has: unread });
  try {
    return trackBy.call(own, { getHandler: () => noKey, getArgByIndex: () => request }) === url;
  } catch {
    return false;
  }
}

/** Before 3.1 the package does not call a function of `@CacheKey`: the function is the key, and the same for all. */
function takesFunctionsForKeys(trackBy: TrackBy): boolean {
  const own = { httpAdapterHost: {}, reflector: { get: () => noKey } };
  try {
    return trackBy.call(own, { getHandler: () => noKey }) === noKey;
  } catch {
    // of a later release, which reads something else; those call functions
    return false;
  }
}
