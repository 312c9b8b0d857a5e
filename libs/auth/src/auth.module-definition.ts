import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { Clock } from './common/clock.js';
import type { Entropy } from './common/entropy.js';
import {
  AUTH_INSTANCE,
  authToken,
  DEFAULT_INSTANCE,
  instanceName,
} from './common/instance-token.js';
import type { AuthAlert } from './observe/auth-alert.js';
import type { AuthEvent } from './storage/auth-event.js';
import { createAuthControllers, createRootControllers } from './issue/routes/index.js';
import { withJson } from './options/module-json.js';
import type { KeySource } from './storage/key-source.port.js';
import type { AuthMeter } from './observe/metrics/meter.js';
import type { AuthModuleExtras, AuthOptions, RouteOptions } from './options/auth-options.js';
import type { FactorOptions } from './options/factor-options.js';
import type { ObserveOptions } from './options/observe-options.js';
import { RootRoutesModule } from './verify/http/root-routes.js';
import { resolveRoutes } from './options/resolve-routes.js';
import type { SecondFactor } from './issue/users/second-factor.port.js';
import type { AuthRedis, AuthStorage } from './storage/auth-storage.js';
import type { UserDirectory } from './storage/user-directory.port.js';

/** The options with the host's own handles. Tokenward closes only what it opened. */
export interface AuthModuleOptions extends AuthOptions {
  /** Where sessions, revocations and users are kept: `drizzleStorage(db, …)`, or an adapter of your own. */
  readonly storage: AuthStorage;
  /** The user directory, if the users are not in `storage`. */
  readonly users?: UserDirectory;
  /** `redisConnection(client)`. Without it, revocations reach other processes only through the database. */
  readonly redis?: AuthRedis;
  /**
   * TOTP, recovery codes, passkeys and OpenID providers. They are off without this option. Needs the stores of
   * `drizzleStorage(db)`.
   */
  readonly factors?: FactorOptions;
  /** A second factor of the host. Default: only `factors` can ask for one. */
  readonly secondFactor?: SecondFactor['ask'];
  /**
   * The source of the signing keys, if they are not in `keys`: `keyFile`, `keyDirectory`, `keysFrom`,
   * `drizzleKeySource`.
   */
  readonly keySource?: KeySource;
  /** Called for every event. It may be asynchronous and is never waited for. */
  readonly onEvent?: (event: AuthEvent) => void | Promise<void>;
  /**
   * Called for events that need attention: reuse, new devices and networks, bursts of failures. It is never waited for.
   */
  readonly onAlert?: (alert: AuthAlert) => void | Promise<void>;
  /** OpenTelemetry: `metrics.getMeter('tokenward')` of `@opentelemetry/api`. Default: only `AuthMetrics`. */
  readonly meter?: AuthMeter;
  /** Log lines, alerts and the audit trail. */
  readonly observe?: ObserveOptions;
  /** For tests, which move it. Default: the system's. */
  readonly clock?: Clock;
  /** For tests. Default: the random numbers of `node:crypto`. */
  readonly entropy?: Entropy;
}

/** For `forRootAsync({ useClass | useExisting })`. */
export interface AuthOptionsFactory {
  createAuthOptions(): AuthModuleOptions | Promise<AuthModuleOptions>;
}

/** Injection token of the routes, which are known before the options are. */
export const AUTH_ROUTES = Symbol('AUTH_ROUTES');

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<AuthModuleOptions>({ moduleName: 'TokenwardAuth' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createAuthOptions')
    .setExtras<AuthModuleExtras>(
      { isGlobal: false, routes: {}, name: undefined },
      (definition, { isGlobal, routes: given, name }) => {
        const instance = instanceName(name);
        const routes = instanceRoutes(instance, given);
        const resolved = resolveRoutes(routes);
        return {
          ...definition,
          global: isGlobal ?? false,
          imports: [
            ...(definition.imports ?? []),
            RootRoutesModule.with(createRootControllers(resolved, instance)),
          ],
          controllers: createAuthControllers(resolved, instance),
          providers: [
            ...(definition.providers ?? []).map((each) =>
              'useValue' in each
                ? { ...each, useValue: withJson(each.useValue as AuthModuleOptions) }
                : each,
            ),
            { provide: AUTH_ROUTES, useValue: routes },
            { provide: AUTH_INSTANCE, useValue: instance },
          ],
        };
      },
    )
    .build();

/**
 * The token by which a test overrides the options:
 * `overrideProvider(authOptionsToken()).useValue(memoryAuthOptions())`.
 */
export function authOptionsToken(instance = DEFAULT_INSTANCE): string {
  return authToken(Symbol('AUTH_OPTIONS'), instance);
}

function instanceRoutes(
  instance: string,
  given: RouteOptions | false | undefined,
): RouteOptions | false {
  if (given === false) return false;
  return instance === DEFAULT_INSTANCE
    ? (given ?? {})
    : { ...given, prefix: given?.prefix ?? `${instance}/auth` };
}
