import type { z } from 'zod';
import type { AuthModuleOptions } from './auth.module-definition.js';
import { nearest, pathsIn } from './common/option-names.js';
import { group, handle, having, hook, text } from './common/option-schema.js';
import { dataOf, readOptions } from './common/read-options.js';
import { all, assertAsync, BESIDE, isGlobal, without } from './options/async-options.js';
import { authSchema } from './options/auth-schema.js';
import { factorSchema } from './options/factor-schema.js';
import { observeSchema } from './options/observe-options.js';
import { routesSchema } from './options/resolve-routes.js';
import type { AuthStorage } from './storage/auth-storage.js';
import type { KeySource } from './storage/key-source.port.js';
import type { UserDirectory } from './storage/user-directory.port.js';
import {
  type ISSUER_HANDLES,
  resourcePaths,
  SHARED_HANDLES,
} from './verify/verify.module-schema.js';

const STORAGE = handle<AuthStorage>(
  (value) =>
    ['sessions', 'ledger', 'peppers'].every((name) => {
      const each: unknown = Reflect.get(value, name);
      return typeof each === 'object' && each !== null;
    }),
  'drizzleStorage(db) of @tokenward/nestjs/drizzle, or an object of sessions, ledger and peppers',
).refine(
  (value) =>
    Object.keys(value).every((name) =>
      ['users', 'audit'].every((each) => each in value || nearest(name, [each]) === undefined),
    ),
  'has a member that is nearly named users or audit: write it so',
);

const HANDLES = {
  storage: STORAGE,
  users: handle<UserDirectory>(having('findById'), 'a UserDirectory').optional(),
  factors: factorSchema.optional(),
  secondFactor: hook<NonNullable<AuthModuleOptions['secondFactor']>>().optional(),
  keySource: handle<KeySource>(
    having('load'),
    'a KeySource: keyFile, keyDirectory, keysFrom or drizzleKeySource makes one',
  ).optional(),
  onEvent: hook<NonNullable<AuthModuleOptions['onEvent']>>().optional(),
  onAlert: hook<NonNullable<AuthModuleOptions['onAlert']>>().optional(),
  observe: observeSchema.prefault({}),
} satisfies Record<(typeof ISSUER_HANDLES)[number], z.ZodType>;

/** `AuthModuleOptions` */
export const authModuleSchema = group({ ...authSchema.shape, ...HANDLES, ...SHARED_HANDLES });
export type CheckedModuleOptions = z.output<typeof authModuleSchema>;

/** What is given next to `useFactory`, or in the options of `forRoot`. */
const extrasShape = { isGlobal, routes: routesSchema.optional(), name: text().optional() };
const VERIFIER = 'it belongs to AuthModule.forResourceServer';
const authPaths = pathsIn(authModuleSchema);

/** What `forRoot` was given or `useFactory` returned. Throws `configuration_invalid`. */
export function readModuleOptions(given: unknown): CheckedModuleOptions {
  return readOptions(authModuleSchema, given, {
    of: 'the options of AuthModule',
    elsewhere: {
      ...all(without(resourcePaths, authPaths), VERIFIER),
      ...all(
        [...Object.keys(extrasShape), ...pathsIn(routesSchema).map((each) => `routes.${each}`)],
        BESIDE,
      ),
    },
  });
}

/** The object given to `forRootAsync`. */
export function assertAsyncOptions(given: unknown): void {
  assertAsync('AuthModule.forRootAsync', given, extrasShape, authPaths);
}

/** What `forRoot` was given, in a plain object: Nest's builder would copy only what a class instance holds itself. */
export function forRootOptions<Given extends object>(given: Given): Given {
  const whole = group({ ...authModuleSchema.shape, ...extrasShape });
  const plain = dataOf(whole, given ?? {}, {}) as Given;
  const { isGlobal: global, name } = plain as Readonly<Record<string, unknown>>;
  readOptions(group(extrasShape), { isGlobal: global, name }, { of: 'AuthModule.forRoot' });
  return plain;
}
