import { z } from 'zod';
import { flag, group, text } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import { DEFAULT_ROUTE_PREFIX } from '../contract/index.js';
import type { RouteOptions } from './auth-options.js';

const on = () => flag().prefault(true);

const routeSchema = group({
  prefix: text(
    'a path such as auth or api/auth',
    /^\/*[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~-]+)*\/*$/,
  ).prefault(DEFAULT_ROUTE_PREFIX),
  register: flag().prefault(false),
  login: on(),
  refresh: on(),
  logout: on(),
  logoutAll: on(),
  me: on(),
  sessions: on(),
  password: on(),
  reauthenticate: on(),
  revokeUser: on(),
  accounts: on(),
  factors: on(),
  apiKeys: on(),
  device: on(),
  jwks: on(),
  discovery: on(),
});

/** `routes`: `false` switches all of them off. */
export const routesSchema = z.union([z.literal(false), routeSchema], {
  error: 'must be false or an object of options',
});

export function resolveRoutes(given: RouteOptions | false = {}): Required<RouteOptions> {
  const routes = readOptions(routesSchema, given, { of: 'routes', prefix: 'routes' });
  if (routes) return { ...routes, prefix: routes.prefix.replace(/^\/+|\/+$/g, '') };
  const switches = Object.keys(routeSchema.shape).filter((name) => name !== 'prefix');
  return routeSchema.parse(Object.fromEntries(switches.map((name) => [name, false])));
}
