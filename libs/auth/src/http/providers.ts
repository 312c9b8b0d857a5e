import type { Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AuthErrorFilter } from './auth-error.filter.js';
import { AuthRouteGuard } from './auth-route.guard.js';
import { AuthCookies } from './cookies.service.js';
import { EmptyJson } from './empty-json.service.js';
import { AuthInputs } from './inputs.service.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { JwtStrategy } from './jwt.strategy.js';
import { CookieOriginGuard, OriginGuard } from './origin.guard.js';
import { PermissionsGuard } from './permissions.guard.js';
import { PresentedTokens } from './presented-tokens.service.js';
import { RecentAuthGuard } from './recent-auth.guard.js';
import { RolesGuard } from './roles.guard.js';
import { TokenVersionGuard } from './token-version.guard.js';

/** What the module exports, so that the host's `@UseGuards` can resolve the guards. */
export const HTTP_EXPORTS = [
  JwtStrategy,
  JwtAuthGuard,
  RolesGuard,
  PermissionsGuard,
  RecentAuthGuard,
  TokenVersionGuard,
];

/** Everything of `http/` but the controllers. Needs the flows, `ResolvedAuthOptions` and `Clock`. */
export const HTTP_PROVIDERS: Provider[] = [
  ...HTTP_EXPORTS,
  AuthInputs,
  AuthCookies,
  PresentedTokens,
  EmptyJson,
  AuthRouteGuard,
  OriginGuard,
  CookieOriginGuard,
  { provide: APP_FILTER, useClass: AuthErrorFilter },
];
