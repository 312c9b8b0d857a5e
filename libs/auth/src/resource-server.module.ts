import {
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  type ResourceServerModuleOptions,
} from './resource-server.module-definition.js';
import { RESOURCE_SERVER_EXPORTS, resourceServerProviders } from './resource-server.providers.js';

/** Verification alone, by the issuer's public keys: no database, no signing key, no routes. Reached through `AuthModule.forResourceServer`. */
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
