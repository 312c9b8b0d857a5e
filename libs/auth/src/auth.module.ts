import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { exporting } from './auth.exports.js';
import { AuthInstances } from './auth.instances.js';
import {
  ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  OPTIONS_TYPE,
} from './auth.module-definition.js';
import {
  assertAsyncOptions,
  type CheckedModuleOptions,
  forRootOptions,
} from './auth.module-schema.js';
import { OPTION_PROVIDERS } from './auth.providers.js';
import { ISSUE_PROVIDERS } from './issue/issue.providers.js';
import { OBSERVE_PROVIDERS } from './observe.providers.js';
import { ResourceServerModule } from './verify/verify.module.js';
import type {
  ResourceServerForRoot,
  ResourceServerForRootAsync,
} from './verify/verify.module-definition.js';
import { VERIFY_PROVIDERS } from './verify/verify.providers.js';

/**
 * Authentication for a Nest application: `forRoot(options)`, or `forRootAsync({ imports, inject, useFactory |
 * useClass | useExisting })` with `isGlobal` and `routes` next to them. It is the composition root of `verify/`,
 * `issue/` and `observe/`.
 */
@Module({
  providers: [
    AuthInstances,
    ...OPTION_PROVIDERS,
    ...VERIFY_PROVIDERS,
    ...ISSUE_PROVIDERS,
    ...OBSERVE_PROVIDERS,
  ],
})
export class AuthModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  constructor(@Inject(MODULE_OPTIONS_TOKEN) private readonly host: CheckedModuleOptions) {
    super();
  }

  /** With several instances in one app, all but one need a `name`, next to `isGlobal` and `routes`. */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    const given = forRootOptions(options);
    return exporting(super.forRoot(given), given.name);
  }

  /**
   * The options from `useFactory`, `useClass` or `useExisting`; `name`, `isGlobal` and `routes` are given next to it.
   */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    assertAsyncOptions(options);
    return exporting(super.forRootAsync(options), options.name);
  }

  /**
   * `ResourceServerModule.forRoot` of `@tokenward/nestjs/verify`, which loads neither a database's driver nor password
   * hashing.
   */
  static forResourceServer(options: ResourceServerForRoot): DynamicModule {
    return ResourceServerModule.forRoot(options);
  }

  /** `forResourceServer` with `{ imports, inject, useFactory | useClass | useExisting }`. */
  static forResourceServerAsync(options: ResourceServerForRootAsync): DynamicModule {
    return ResourceServerModule.forRootAsync(options);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.host.redis?.close();
  }
}
