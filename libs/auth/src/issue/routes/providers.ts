import { RequestSchemas } from './request-schemas.service.js';
import { TenantReader } from './tenant-reader.service.js';
import { CookiePath } from './cookie-path.service.js';
import { ProxyTrust } from './proxy-trust.service.js';
import { CeremonyContexts } from './ceremony-contexts.service.js';
import { AuthCookies } from './cookies.service.js';
import { EmptyJson } from './empty-json.service.js';
import { SignIns } from './sign-ins.service.js';
import { UnreadableBodies } from './unreadable-bodies.service.js';
import { AuthRouteGuard } from './auth-route.guard.js';
import { NavigationGuard } from './navigation.guard.js';
import { OidcCallbacks } from './oidc-callbacks.service.js';
import { OidcCookie } from './oidc-cookie.service.js';
import { VisitGuard } from './visit.guard.js';
import { ThrottleGuard } from './throttle.guard.js';
import {
  AccountsOnGuard,
  ApiKeysOnGuard,
  DeviceBoundOnGuard,
  FactorsOnGuard,
  OidcOnGuard,
} from './switched-on.guards.js';
import { OriginGuard } from '../../verify/http/origin.guard.js';

/** The providers of the routes, apart from controllers, flows and everything in `verify/`. */
export const ROUTE_PROVIDERS = [
  RequestSchemas,
  TenantReader,
  CookiePath,
  ProxyTrust,
  AuthCookies,
  SignIns,
  EmptyJson,
  UnreadableBodies,
  AuthRouteGuard,
  AccountsOnGuard,
  CeremonyContexts,
  FactorsOnGuard,
  OidcOnGuard,
  NavigationGuard,
  VisitGuard,
  OidcCallbacks,
  OidcCookie,
  ApiKeysOnGuard,
  DeviceBoundOnGuard,
  OriginGuard,
  ThrottleGuard,
];
