import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

/** Metadata keys of the decorators. */
export const PUBLIC = 'tokenward:public';
export const STRICT = 'tokenward:strict';
export const ROLES = 'tokenward:roles';
export const PERMISSIONS = 'tokenward:permissions';
export const RECENT_AUTH = 'tokenward:recent-auth';
/** Which instance guards the route. */
export const INSTANCE = 'tokenward:instance';

const DEMANDS = [ROLES, PERMISSIONS, RECENT_AUTH, STRICT];

/** The handler's own word, else its class's; a handler that demands something is not made public by its class. */
export function isPublic(reflector: Reflector, context: ExecutionContext): boolean {
  const handler = context.getHandler();
  if (reflector.get<true | undefined>(PUBLIC, handler)) return true;
  if (!reflector.get<true | undefined>(PUBLIC, context.getClass())) return false;
  return DEMANDS.every((key) => reflector.get<unknown>(key, handler) === undefined);
}

export function isStrict(reflector: Reflector, context: ExecutionContext): boolean {
  return (
    reflector.getAllAndOverride<true | undefined>(STRICT, [context.getHandler(), context.getClass()]) ?? false
  );
}

/**
 * What a route asks for under `key`: the handler's own word, else its class's. A handler that is itself public is not held to its class's; a
 * public class with requirements of its own contradicts itself, and the requirement stands.
 */
export function requirementOf<T>(
  reflector: Reflector,
  key: string,
  context: ExecutionContext,
): T | undefined {
  const handler = context.getHandler();
  const own = reflector.get<T | undefined>(key, handler);
  if (own !== undefined) return own;
  if (reflector.get<true | undefined>(PUBLIC, handler)) return undefined;
  return reflector.get<T | undefined>(key, context.getClass());
}
