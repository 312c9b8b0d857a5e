import type { z } from 'zod';
import type { Clock } from '../common/clock.js';
import type { Entropy } from '../common/entropy.js';
import { pathsIn } from '../common/option-names.js';
import { group, handle, having } from '../common/option-schema.js';
import { dataOf, readOptions } from '../common/read-options.js';
import type { AuthMeter } from '../observe/metrics/meter.js';
import { all, assertAsync, BESIDE, isGlobal, without } from '../options/async-options.js';
import { authSchema } from '../options/auth-schema.js';
import { observeSchema } from '../options/observe-options.js';
import { resourceServerSchema } from '../options/resolve-resource-server.js';
import type { AuthRedis } from '../storage/auth-storage.js';

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** What both forms of the module take from the host. */
export const SHARED_HANDLES = {
  redis: handle<AuthRedis>(
    (value) => 'feed' in value && isObject(value.feed) && having('close')(value),
    'redisConnection(client) of @tokenward/nestjs/redis, or an object of feed and close()',
  ).optional(),
  meter: handle<AuthMeter>(
    having('createObservableCounter', 'createObservableGauge'),
    "metrics.getMeter('tokenward') of @opentelemetry/api",
  ).optional(),
  clock: handle<Clock>(having('now', 'monotonic'), 'a Clock with now() and monotonic()').optional(),
  entropy: handle<Entropy>(
    having('bytes', 'uuid'),
    'an Entropy with bytes() and uuid()',
  ).optional(),
};

/** What only the issuer takes: named here for the sentence that refuses it. */
export const ISSUER_HANDLES = [
  'storage',
  'users',
  'factors',
  'secondFactor',
  'keySource',
  'onEvent',
  'onAlert',
  'observe',
] as const;

/** `ResourceServerModuleOptions` */
export const resourceModuleSchema = group({ ...resourceServerSchema.shape, ...SHARED_HANDLES });
export const resourcePaths = pathsIn(resourceModuleSchema);
export type CheckedResourceOptions = z.output<typeof resourceModuleSchema>;

const ISSUER = 'it belongs to AuthModule.forRoot of the issuer';
const issuerPaths = [
  ...pathsIn(authSchema),
  ...ISSUER_HANDLES,
  ...pathsIn(observeSchema).map((each) => `observe.${each}`),
];

/** What `forResourceServer` was given or `useFactory` returned. Throws `configuration_invalid`. */
export function readResourceOptions(given: unknown): CheckedResourceOptions {
  return readOptions(resourceModuleSchema, given, {
    of: 'the options of AuthModule.forResourceServer',
    elsewhere: {
      ...all([...without(issuerPaths, resourcePaths), 'routes', 'name'], ISSUER),
      isGlobal: BESIDE,
    },
  });
}

/** The object given to `forResourceServerAsync`. */
export function assertAsyncResourceOptions(given: unknown): void {
  const elsewhere = all(['routes', 'name'], ISSUER);
  assertAsync('AuthModule.forResourceServerAsync', given, { isGlobal }, resourcePaths, elsewhere);
}

/** A plain object: Nest's builder would copy only what a class instance holds itself. */
export function forResourceServerOptions<Given extends object>(given: Given): Given {
  return dataOf(group({ ...resourceModuleSchema.shape, isGlobal }), given ?? {}, {}) as Given;
}
