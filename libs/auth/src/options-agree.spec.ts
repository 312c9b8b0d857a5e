import { describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import type { AuthModuleOptions } from './auth.module-definition.js';
import type { authModuleSchema } from './auth.module-schema.js';
import type {
  drizzleKeySourceSchema,
  DrizzleKeySourceOptions,
} from './drizzle/drizzle-key-source.store.js';
import type { DrizzleStorageOptions, drizzleStorageSchema } from './drizzle/drizzle-storage.js';
import type { MigrateAuthOptions, migrateSchema } from './drizzle/migrate.js';
import type { AuthSchemaOptions, authSchemaSchema } from './drizzle/schema.js';
import type { KeyDirectoryOptions, keyDirectorySchema } from './issue/keys/file-keys.js';
import type { OpenSessionOptions, openSessionSchema } from './issue/flows/open-session.flow.js';
import type { querySchema } from './observe/audit-log.service.js';
import type { OidcOptions, oidcSchema } from './oidc/oidc-schema.js';
import type { RouteOptions } from './options/auth-options.js';
import type { routesSchema } from './options/resolve-routes.js';
import type { RedisConnectionOptions } from './redis/redis-connection.js';
import type { feedSchema, RedisFeedOptions } from './redis/redis-revocation-feed.bus.js';
import type { RedisThrottleOptions, throttleSchema } from './redis/redis-throttle.store.js';
import type { AuditQuery } from './storage/audit-store.port.js';
import type { ActingUser, actingUserSchema } from './testing/act-as.js';
import type { ResourceServerModuleOptions } from './verify/verify.module-definition.js';
import type { resourceModuleSchema } from './verify/verify.module-schema.js';
import type { MemoryStorageOptions, memoryStorageSchema } from './testing/memory-storage.js';

/** Every member at every depth, required and writable: only names and types are left to compare. */
type Bare<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends readonly (infer Entry)[]
    ? Bare<Entry>[]
    : T extends object
      ? { -readonly [Name in keyof T]-?: Bare<Exclude<T[Name], undefined>> }
      : T;
type Same<A, B> = [A, B] extends [B, A]
  ? [keyof A, keyof B] extends [keyof B, keyof A]
    ? true
    : false
  : false;
/** Members that must be given. */
type Required<T> = { [Name in keyof T]-?: undefined extends T[Name] ? never : Name }[keyof T];
type Agree<Documented, Schema extends z.ZodType> = [
  Same<Documented, z.input<Schema>>,
  Same<Bare<Documented>, Bare<z.input<Schema>>>,
  Same<Required<Documented>, Required<z.input<Schema>>>,
];
/** Groups are compared one by one: an assignable type may still lack an optional member. */
type Groups<Documented, Input> = {
  [Name in keyof Documented & keyof Input]: Same<
    keyof Exclude<Documented[Name], undefined | false | string | readonly unknown[]>,
    keyof Exclude<Input[Name], undefined | false | string | readonly unknown[]>
  >;
}[keyof Documented & keyof Input];
type Yes = [true, true, true];

describe('the documented types of options and the schemas', () => {
  // T-p5qd
  it('agree, or this file does not compile', () => {
    const agree: [
      Agree<AuthModuleOptions, typeof authModuleSchema>,
      Agree<ResourceServerModuleOptions, typeof resourceModuleSchema>,
      Agree<RouteOptions | false, typeof routesSchema>,
      Agree<DrizzleStorageOptions, typeof drizzleStorageSchema>,
      Agree<DrizzleKeySourceOptions, typeof drizzleKeySourceSchema>,
      Agree<AuthSchemaOptions, typeof authSchemaSchema>,
      Agree<MigrateAuthOptions, typeof migrateSchema>,
      Agree<KeyDirectoryOptions, typeof keyDirectorySchema>,
      Agree<OpenSessionOptions, typeof openSessionSchema>,
      Agree<AuditQuery, typeof querySchema>,
      Agree<OidcOptions, typeof oidcSchema>,
      Agree<RedisConnectionOptions, typeof feedSchema>,
      Agree<RedisFeedOptions, typeof feedSchema>,
      Agree<RedisThrottleOptions, typeof throttleSchema>,
      Agree<ActingUser, typeof actingUserSchema>,
      Agree<MemoryStorageOptions, typeof memoryStorageSchema>,
    ] = [Y, Y, Y, Y, Y, Y, Y, Y, Y, Y, Y, Y, Y, Y, Y, Y];
    const groups: [
      Groups<AuthModuleOptions, z.input<typeof authModuleSchema>>,
      Groups<ResourceServerModuleOptions, z.input<typeof resourceModuleSchema>>,
    ] = [true, true];
    expect(agree.flat().concat(groups)).not.toContain(false);
  });
});

const Y: Yes = [true, true, true];
