import { z } from 'zod';
import type { AuthModuleOptions, AuthRedis, AuthStorage } from './auth.module-definition.js';
import type { Clock } from './common/clock.js';
import type { Entropy } from './common/entropy.js';
import { nearest, pathsIn } from './common/option-names.js';
import { flag, group, handle, having, hook, text } from './common/option-schema.js';
import { dataOf, readOptions } from './common/read-options.js';
import type { AuthMeter } from './observe/metrics/meter.js';
import { authSchema } from './options/auth-schema.js';
import { observeSchema } from './options/observe-options.js';
import { resourceServerSchema } from './options/resolve-resource-server.js';
import { routesSchema } from './options/resolve-routes.js';
import type { UserDirectory } from './storage/user-directory.port.js';
import type { KeySource } from './storage/key-source.port.js';

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const REDIS = handle<AuthRedis>(
  (value) => 'feed' in value && isObject(value.feed) && having('close')(value),
  'redisConnection(client) of @tokenward/nestjs/redis, or an object of feed and close()',
);

const STORAGE = handle<AuthStorage>(
  (value) => ['sessions', 'ledger', 'peppers'].every((name) => isObject(Reflect.get(value, name))),
  'drizzleStorage(db) of @tokenward/nestjs/drizzle, or an object of sessions, ledger and peppers',
).refine(
  (value) =>
    Object.keys(value).every((name) =>
      ['users', 'audit'].every((each) => each in value || nearest(name, [each]) === undefined),
    ),
  'has a member that is nearly named users or audit: write it so',
);

/** For tests and measuring, in both forms of the module. */
const COMMON = {
  meter: handle<AuthMeter>(
    having('createObservableCounter', 'createObservableGauge'),
    "metrics.getMeter('tokenward') of @opentelemetry/api",
  ).optional(),
  clock: handle<Clock>(having('now', 'monotonic'), 'a Clock with now() and monotonic()').optional(),
  entropy: handle<Entropy>(having('bytes', 'uuid'), 'an Entropy with bytes() and uuid()').optional(),
};

/** `AuthModuleOptions` */
export const authModuleSchema = group({
  ...authSchema.shape,
  storage: STORAGE,
  users: handle<UserDirectory>(having('findById'), 'a UserDirectory').optional(),
  redis: REDIS.optional(),
  secondFactor: hook<NonNullable<AuthModuleOptions['secondFactor']>>().optional(),
  keySource: handle<KeySource>(
    having('load'),
    'a KeySource: keyFile, keyDirectory, keysFrom or drizzleKeySource makes one',
  ).optional(),
  onEvent: hook<NonNullable<AuthModuleOptions['onEvent']>>().optional(),
  onAlert: hook<NonNullable<AuthModuleOptions['onAlert']>>().optional(),
  observe: observeSchema.prefault({}),
  ...COMMON,
});

/** `ResourceServerModuleOptions` */
export const resourceModuleSchema = group({
  ...resourceServerSchema.shape,
  redis: REDIS.optional(),
  ...COMMON,
});

const NEST = ['imports', 'inject', 'useFactory', 'useClass', 'useExisting', 'provideInjectionTokensFrom'];
const global = flag().optional();

/** What stands beside `useFactory`: Nest's own members, and what changes the module's shape. */
const nestShape = Object.fromEntries(NEST.map((name) => [name, z.unknown().optional()]));
const extrasShape = { isGlobal: global, routes: routesSchema.optional(), name: text().optional() };

const BESIDE = 'it stands beside useFactory, useClass or useExisting, not in what they return';
const RETURNED = 'it belongs in what useFactory, useClass or useExisting returns';
const ISSUER = 'it belongs to AuthModule.forRoot of the issuer';
const VERIFIER = 'it belongs to AuthModule.forResourceServer';

const authPaths = pathsIn(authModuleSchema);
const resourcePaths = pathsIn(resourceModuleSchema);
const all = (paths: readonly string[], says: string) => Object.fromEntries(paths.map((each) => [each, says]));
const without = (paths: readonly string[], others: readonly string[]) =>
  paths.filter((each) => !others.includes(each));

export type CheckedModuleOptions = z.output<typeof authModuleSchema>;
export type CheckedResourceOptions = z.output<typeof resourceModuleSchema>;

/** What `forRoot` was given or `useFactory` returned. Throws `configuration_invalid`. */
export function readModuleOptions(given: unknown): CheckedModuleOptions {
  return readOptions(authModuleSchema, given, {
    of: 'the options of AuthModule',
    elsewhere: {
      ...all(without(resourcePaths, authPaths), VERIFIER),
      ...all([...Object.keys(extrasShape), ...pathsIn(routesSchema).map((each) => `routes.${each}`)], BESIDE),
    },
  });
}

/** The same of `forResourceServer`. */
export function readResourceOptions(given: unknown): CheckedResourceOptions {
  return readOptions(resourceModuleSchema, given, {
    of: 'the options of AuthModule.forResourceServer',
    elsewhere: {
      ...all([...without(authPaths, resourcePaths), 'routes', 'name'], ISSUER),
      isGlobal: BESIDE,
    },
  });
}

/** The object given to `forRootAsync`. */
export function assertAsyncOptions(given: unknown): void {
  assertBeside('AuthModule.forRootAsync', { ...nestShape, ...extrasShape }, given, all(authPaths, RETURNED));
}

/** The object given to `forResourceServerAsync`. */
export function assertAsyncResourceOptions(given: unknown): void {
  assertBeside('AuthModule.forResourceServerAsync', { ...nestShape, isGlobal: global }, given, {
    ...all(resourcePaths, RETURNED),
    routes: ISSUER,
    name: ISSUER,
  });
}

function assertBeside(
  of: string,
  shape: z.core.$ZodLooseShape,
  given: unknown,
  elsewhere: Readonly<Record<string, string>>,
): void {
  const schema = group(shape).refine(
    (options) =>
      ['useFactory', 'useClass', 'useExisting'].filter((name) => options[name] !== undefined).length === 1,
    'takes one of useFactory, useClass and useExisting',
  );
  readOptions(schema, given, { of, elsewhere });
}

/** What `forRoot` was given, in a plain object: Nest's builder would copy only what a class instance holds itself. */
export function forRootOptions<Given extends object>(given: Given): Given {
  const whole = group({ ...authModuleSchema.shape, ...extrasShape });
  const plain = dataOf(whole, given ?? {}, {}) as Given;
  const { isGlobal, name } = plain as Readonly<Record<string, unknown>>;
  readOptions(group(extrasShape), { isGlobal, name }, { of: 'AuthModule.forRoot' });
  return plain;
}

/** The same of `forResourceServer`. */
export function forResourceServerOptions<Given extends object>(given: Given): Given {
  return dataOf(group({ ...resourceModuleSchema.shape, isGlobal: global }), given ?? {}, {}) as Given;
}
