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
import { DEFAULT_INSTANCE } from '../common/instance-token.js';
import { createResourceController } from './http/resource-metadata.controller.js';
import { RootRoutesModule } from './http/root-routes.js';
import { NO_DPOP_ORIGIN } from '../options/advice.js';
import { ResolvedAuthOptions } from '../options/resolved-options.js';
import {
  RESOURCE_SERVER,
  RESOURCE_SERVER_EXPORTS,
  resourceServerProviders,
} from './verify.providers.js';

/**
 * A service with no database and no signing key: verifies by the issuer's JWKS, with the same guards and decorators,
 * and has no routes but the metadata of RFC 9728, where `discovery.resource` is given. Also reached as
 * `AuthModule.forResourceServer`.
 */
@Module({
  providers: resourceServerProviders(MODULE_OPTIONS_TOKEN),
  exports: RESOURCE_SERVER_EXPORTS,
})
export class ResourceServerModule
  extends ConfigurableModuleClass
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) private readonly host: ResourceServerModuleOptions,
    private readonly options: ResolvedAuthOptions,
  ) {
    super();
  }

  static override forRoot(options: ResourceServerForRoot): DynamicModule {
    const given = forResourceServerOptions(options);
    const definition = super.forRoot(given);
    return given.discovery?.resource ? withMetadata(definition) : definition;
  }

  /** The options from `useFactory`, `useClass` or `useExisting`; `isGlobal` is given next to it. */
  static override forRootAsync(options: ResourceServerForRootAsync): DynamicModule {
    assertAsyncResourceOptions(options);
    // what the options hold is known too late for routes: without a resource they are 404
    return withMetadata(super.forRootAsync(options));
  }

  onApplicationBootstrap(): void {
    const logger = new Logger('Tokenward');
    const { redis } = this.host;
    if (!redis)
      logger.warn(
        'no redis is configured: tokens that were revoked are accepted here until they expire',
      );
    const { origin, withoutRedis } = this.options.dpop ?? {};
    const takesProofs = redis !== undefined || withoutRedis === 'nonce';
    if (takesProofs && origin === undefined && process.env['NODE_ENV'] === 'production')
      logger.warn(`dpop.origin ${NO_DPOP_ORIGIN}`);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.host.redis?.close();
  }
}

/** Of the host's root, whatever path `RouterModule` gives this module. */
function withMetadata(definition: DynamicModule): DynamicModule {
  const routes = RootRoutesModule.with([
    createResourceController(DEFAULT_INSTANCE, RESOURCE_SERVER),
  ]);
  return { ...definition, imports: [...(definition.imports ?? []), routes] };
}
