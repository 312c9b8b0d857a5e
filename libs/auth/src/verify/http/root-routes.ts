import {
  applyDecorators,
  Controller,
  type DynamicModule,
  Module,
  RequestMethod,
  type Type,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { Describe } from './openapi.js';

/**
 * Controllers that other parties look for at the root of the host. They have a module of their own, so that a
 * `RouterModule` path of `AuthModule` does not apply.
 */
@Module({})
export class RootRoutesModule {
  static with(controllers: Type[]): DynamicModule {
    return { module: RootRoutesModule, controllers };
  }
}

/**
 * A controller of documents that other parties look for at the root of the host; its constructor calls `keepAtRoot`.
 */
export function RootController(): ClassDecorator {
  return applyDecorators(Controller({ version: VERSION_NEUTRAL }), Describe({ tag: 'auth' }));
}

/**
 * Excludes `GET` routes from the global prefix, whenever the host sets it, in addition to the host's own exclusions.
 * A path may end in parameters.
 */
export function keepAtRoot(config: ApplicationConfig, ...paths: readonly string[]): void {
  const given = config.getGlobalPrefixOptions.bind(config);
  const own = paths.map((path) => {
    const pattern = path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+');
    return { path, requestMethod: RequestMethod.GET, pathRegex: new RegExp(`^/${pattern}/?$`) };
  });
  config.getGlobalPrefixOptions = () => ({
    ...given(),
    exclude: [...(given().exclude ?? []), ...own],
  });
}
