import { type DynamicModule, Module, RequestMethod, type Type } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';

/** Controllers that other parties look for at the root of the host. A module of their own: `RouterModule` gives `AuthModule` a path, not this one. */
@Module({})
export class RootRoutesModule {
  static with(controllers: Type[]): DynamicModule {
    return { module: RootRoutesModule, controllers };
  }
}

/** Takes a `GET` out of the global prefix, whenever the host sets that, and whatever it takes out itself. `path` may end in parameters. */
export function keepAtRoot(config: ApplicationConfig, path: string): void {
  const given = config.getGlobalPrefixOptions.bind(config);
  const pattern = path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+');
  const pathRegex = new RegExp(`^/${pattern}/?$`);
  const own = { path, requestMethod: RequestMethod.GET, pathRegex };
  config.getGlobalPrefixOptions = () => ({ ...given(), exclude: [...(given().exclude ?? []), own] });
}
