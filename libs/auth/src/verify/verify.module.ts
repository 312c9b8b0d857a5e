import {
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  type ResourceServerForRoot,
  type ResourceServerForRootAsync,
  type ResourceServerModuleOptions,
} from './verify.module-definition.js';
import { assertAsyncResourceOptions, forResourceServerOptions } from './verify.module-schema.js';
import { RESOURCE_SERVER_EXPORTS, resourceServerProviders } from './verify.providers.js';

/**
 * A service with no database and no signing key: verifies by the issuer's JWKS, with the same guards and decorators, and has no routes.
 * Also reached as `AuthModule.forResourceServer`.
 */
@Module({
  providers: resourceServerProviders(MODULE_OPTIONS_TOKEN),
  exports: RESOURCE_SERVER_EXPORTS,
})
export class ResourceServerModule
  extends ConfigurableModuleClass
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  constructor(@Inject(MODULE_OPTIONS_TOKEN) private readonly host: ResourceServerModuleOptions) {
    super();
  }

  static override forRoot(options: ResourceServerForRoot): DynamicModule {
    return super.forRoot(forResourceServerOptions(options));
  }

  /** The options from `useFactory`, `useClass` or `useExisting`; `isGlobal` stands beside it. */
  static override forRootAsync(options: ResourceServerForRootAsync): DynamicModule {
    assertAsyncResourceOptions(options);
    return super.forRootAsync(options);
  }

  onApplicationBootstrap(): void {
    if (!this.host.redis)
      new Logger('Tokenward').warn(
        'no redis is configured: tokens that were revoked are accepted here until they expire',
      );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.host.redis?.close();
  }
}
