import type { Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AuthErrorFilter } from '../../verify/http/auth-error.filter.js';
import { AccountsOnGuard } from './accounts-on.guard.js';
import { AuthRouteGuard } from './auth-route.guard.js';
import { CookiePath } from './cookie-path.service.js';
import { AuthCookies } from './cookies.service.js';
import { EmptyJson } from './empty-json.service.js';
import { HeldRoutes } from '../../verify/guards/held-routes.service.js';
import { ProxyTrust } from './proxy-trust.service.js';
import { TenantReader } from './tenant-reader.service.js';
import { RequestSchemas } from './request-schemas.service.js';
import { JwtAuthGuard } from '../../verify/guards/jwt-auth.guard.js';
import { OriginGuard } from '../../verify/http/origin.guard.js';
import { OwnAnswers } from './own-answers.interceptor.js';
import { PermissionsGuard } from '../../verify/guards/permissions.guard.js';
import { PresentedTokens } from '../../verify/http/presented-tokens.service.js';
import { RecentAuthGuard } from '../../verify/guards/recent-auth.guard.js';
import { RequestAuthenticator } from '../../verify/http/request-authenticator.service.js';
import { RolesGuard } from '../../verify/guards/roles.guard.js';
import { TokenVersionGuard } from '../sessions/token-version.guard.js';
import { UnreadableBodies } from './unreadable-bodies.service.js';

/** What the module exports, so that the host's `@UseGuards` can resolve the guards. */
export const HTTP_EXPORTS = [
  RequestAuthenticator,
  JwtAuthGuard,
  RolesGuard,
  PermissionsGuard,
  RecentAuthGuard,
  TokenVersionGuard,
];

/** Everything of `http/` but the controllers. Needs the flows, `ResolvedAuthOptions` and `Clock`. */
export const HTTP_PROVIDERS: Provider[] = [
  ...HTTP_EXPORTS,
  RequestSchemas,
  TenantReader,
  CookiePath,
  ProxyTrust,
  AuthCookies,
  PresentedTokens,
  EmptyJson,
  UnreadableBodies,
  OwnAnswers,
  HeldRoutes,
  AuthRouteGuard,
  AccountsOnGuard,
  OriginGuard,
  { provide: APP_FILTER, useClass: AuthErrorFilter },
];
