import { SetMetadata, type Type } from '@nestjs/common';
import { DEFAULT_INSTANCE } from '../../common/instance-token.js';
import { INSTANCE } from '../../verify/guards/route-metadata.js';
import { createApiKeysController } from './api-keys.controller.js';
import { createAccountController } from './account.controller.js';
import { createAccountsController } from './accounts.controller.js';
import { createDevicesController } from './devices.controller.js';
import { createResourceController } from '../../verify/http/resource-metadata.controller.js';
import { createDiscoveryController } from './discovery.controller.js';
import { createFactorsController } from './factors.controller.js';
import { createIdentitiesController } from './identities.controller.js';
import { createJwksController } from './jwks.controller.js';
import { createMagicLinkController } from './magic-link.controller.js';
import { createOidcController } from './oidc.controller.js';
import { createPasskeysController } from './passkeys.controller.js';
import { createTokenController } from './token.controller.js';
import type { Routes } from './route.js';
import { createSessionsController } from './sessions.controller.js';
import { createSignInController } from './sign-in.controller.js';

/**
 * The controllers of contract, section 3, with the routes that are switched on. Each call makes new classes, so that
 * two instances of the module do not collide.
 */
export function createAuthControllers(routes: Routes, instance = DEFAULT_INSTANCE): Type[] {
  const {
    register,
    login,
    refresh,
    logout,
    logoutAll,
    sessions,
    revokeUser,
    me,
    password,
    reauthenticate,
  } = routes;
  const wanted: readonly (readonly [boolean, () => Type])[] = [
    [register || login, () => createSignInController(routes)],
    [refresh || logout, () => createTokenController(routes)],
    [sessions || logoutAll || revokeUser, () => createSessionsController(routes)],
    [routes.device, () => createDevicesController(routes)],
    [routes.factors, () => createFactorsController(routes)],
    [routes.factors, () => createPasskeysController(routes)],
    // before the routes of the providers: `oidc/identities` is not a provider
    [routes.factors, () => createIdentitiesController(routes)],
    [routes.factors, () => createOidcController(routes)],
    [me || password || reauthenticate, () => createAccountController(routes)],
    [routes.accounts, () => createAccountsController(routes)],
    [routes.accounts, () => createMagicLinkController(routes)],
    [routes.apiKeys, () => createApiKeysController(routes)],
  ];
  return ofInstance(
    instance,
    wanted.flatMap(([on, create]) => (on ? [create()] : [])),
  );
}

/** The controllers whose routes stay at the root of the host. */
export function createRootControllers(routes: Routes, instance = DEFAULT_INSTANCE): Type[] {
  return ofInstance(instance, [
    ...(routes.jwks ? [createJwksController(instance)] : []),
    ...(routes.discovery
      ? [createDiscoveryController(instance), createResourceController(instance)]
      : []),
  ]);
}

function ofInstance(instance: string, controllers: Type[]): Type[] {
  for (const controller of controllers) SetMetadata(INSTANCE, instance)(controller);
  return controllers;
}
