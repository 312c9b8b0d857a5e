import type { Provider, Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  ClosedController,
  ForeignController,
  OpenController,
  routes,
  UnguardedController,
} from './guards.fixture.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { PermissionsGuard } from './permissions.guard.js';
import { RecentAuthGuard } from './recent-auth.guard.js';
import { RolesGuard } from './roles.guard.js';

export const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
export const REFUSAL =
  '{"statusCode":401,"error":"Unauthorized","message":"Authentication failed","code":"authentication_failed"}';
export const forbidden = (message: string, code: string) => ({
  statusCode: 403,
  error: 'Forbidden',
  message,
  code,
});
export const STALE_PROOF = 'Bearer error="insufficient_user_authentication", max_age="60"';
export const GOOD_COOKIE = { cookie: 'access_token=good' };
export const GOOD_HEADER = { authorization: 'Bearer good' };
export const BAD_COOKIE = { cookie: 'access_token=forged' };
export const REFRESH_COOKIE = { cookie: 'refresh_token=x' };
export const FOREIGN = { origin: 'https://evil.test' };
const GUARDS = [JwtAuthGuard, RolesGuard, PermissionsGuard, RecentAuthGuard];
const globally = (...guards: Type[]): Provider[] =>
  guards.map((useExisting) => ({ provide: APP_GUARD, useExisting }));

export const MODES: [string, string, Provider[], Type[]][] = [
  [
    'one by one',
    'routes',
    [],
    [routes('routes', ...GUARDS), UnguardedController, ForeignController],
  ],
  ['globally', 'routes', globally(...GUARDS), [routes('routes'), OpenController, ClosedController]],
  [
    'globally, in another order',
    'routes',
    globally(JwtAuthGuard, RecentAuthGuard, PermissionsGuard, RolesGuard),
    [routes('routes')],
  ],
];
