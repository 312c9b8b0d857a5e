import {
  ConfigurableModuleBuilder,
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { AuthRedis } from './auth.module-definition.js';
import type { Clock } from './common/clock.js';
import type { Entropy } from './common/entropy.js';
import type { ResourceServerOptions } from './options/resource-server-options.js';
import { RESOURCE_SERVER_EXPORTS, resourceServerProviders } from './resource-server.providers.js';

/** The options with the host's own handles. Tokenward closes only what it opened. */
export interface ResourceServerModuleOptions extends ResourceServerOptions {
  /** The issuer's Redis: revocations arrive within `maxStaleness`. None: a revoked token is accepted until it expires. */
  readonly redis?: AuthRedis;
  /** For tests. */
  readonly clock?: Clock;
  /** For tests. */
  readonly entropy?: Entropy;
}

/** For `forResourceServerAsync({ useClass | useExisting })`. */
export interface ResourceServerOptionsFactory {
  createResourceServerOptions(): ResourceServerModuleOptions | Promise<ResourceServerModuleOptions>;
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<ResourceServerModuleOptions>({ moduleName: 'TokenwardResourceServer' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createResourceServerOptions')
    .setExtras<{ readonly isGlobal?: boolean }>({ isGlobal: false }, (definition, { isGlobal }) => ({
      ...definition,
      global: isGlobal ?? false,
    }))
    .build();

export type ResourceServerForRoot = typeof OPTIONS_TYPE;
export type ResourceServerForRootAsync = typeof ASYNC_OPTIONS_TYPE;

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
