import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { Clock } from '../common/clock.js';
import type { Entropy } from '../common/entropy.js';
import type { AuthMeter } from '../observe/metrics/meter.js';
import type { ResourceServerOptions } from '../options/resource-server-options.js';
import type { AuthRedis } from '../storage/auth-storage.js';

/** The options with the host's own handles. Tokenward closes only what it opened. */
export interface ResourceServerModuleOptions extends ResourceServerOptions {
  /**
   * The issuer's Redis, through which revocations arrive within `maxStaleness`. Without it a revoked token is
   * accepted until it expires.
   */
  readonly redis?: AuthRedis;
  /** OpenTelemetry: `metrics.getMeter('tokenward')` of `@opentelemetry/api`. Default: `AuthMetrics` alone. */
  readonly meter?: AuthMeter;
  /** For tests. */
  readonly clock?: Clock;
  /** For tests. */
  readonly entropy?: Entropy;
}

/** For `forResourceServerAsync({ useClass | useExisting })`. */
export interface ResourceServerOptionsFactory {
  createResourceServerOptions(): ResourceServerModuleOptions | Promise<ResourceServerModuleOptions>;
}

const definition = new ConfigurableModuleBuilder<ResourceServerModuleOptions>({
  moduleName: 'TokenwardResourceServer',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createResourceServerOptions')
  .setExtras<{ readonly isGlobal?: boolean }>({ isGlobal: false }, (module, { isGlobal }) => ({
    ...module,
    global: isGlobal ?? false,
  }))
  .build();

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = definition;
export type ResourceServerForRoot = typeof definition.OPTIONS_TYPE;
export type ResourceServerForRootAsync = typeof definition.ASYNC_OPTIONS_TYPE;
