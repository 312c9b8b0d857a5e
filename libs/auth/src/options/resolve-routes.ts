import { AuthError } from '../common/auth-error.js';
import { DEFAULT_ROUTE_PREFIX } from '../contract/index.js';
import type { RouteOptions } from './auth-options.js';

const SEGMENTS = /^[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~-]+)*$/;

export function resolveRoutes(given: RouteOptions | false | undefined): Required<RouteOptions> {
  const on = given !== false;
  const routes = given === false ? {} : (given ?? {});
  const prefix = (routes.prefix ?? DEFAULT_ROUTE_PREFIX).replace(/^\/+|\/+$/g, '');
  if (!SEGMENTS.test(prefix))
    throw AuthError.configuration('routes.prefix', 'is no path; write it as auth or api/auth');
  return {
    prefix,
    register: on && (routes.register ?? false),
    login: on && (routes.login ?? true),
    refresh: on && (routes.refresh ?? true),
    logout: on && (routes.logout ?? true),
    logoutAll: on && (routes.logoutAll ?? true),
    me: on && (routes.me ?? true),
    sessions: on && (routes.sessions ?? true),
    password: on && (routes.password ?? true),
    reauthenticate: on && (routes.reauthenticate ?? true),
    revokeUser: on && (routes.revokeUser ?? true),
    jwks: on && (routes.jwks ?? true),
  };
}
