import { describe, expect, it } from '@jest/globals';
import { drizzle } from 'drizzle-orm/node-postgres';
import { pgTable, text } from 'drizzle-orm/pg-core';
import { Pool } from 'pg';
import { AuthModule } from './auth.module.js';
import {
  createAuthSchema,
  drizzleKeySource,
  drizzleStorage,
  migrateAuth,
} from './drizzle/index.js';
import { AuthTestingModule, memoryStorage } from './testing/index.js';
import { readResourceOptions } from './verify/verify.module-schema.js';
import { keyDirectory, keyFile, keysFrom, Permissions, RecentAuth, Roles } from './index.js';

const pool = new Pool();
const db = drizzle(pool);
const table = pgTable('users', { id: text(), email: text(), hash: text() });
const users = { table, id: table.id, email: table.email, passwordHash: table.hash };
/** Calls it like a JavaScript caller, or one that writes `as any`. */
const call = (of: unknown, ...args: readonly unknown[]): unknown =>
  (of as (...given: readonly unknown[]) => unknown)(...args);
const resource = (changes: object) =>
  readResourceOptions({
    issuer: 'https://issuer.example',
    audience: 'api',
    jwks: { url: 'https://issuer.example/jwks.json' },
    ...changes,
  });
const forRoot = (changes: object) => call(AuthModule.forRoot.bind(AuthModule), changes);
const forRootAsync = (changes: object) => call(AuthModule.forRootAsync.bind(AuthModule), changes);
const forResourceAsync = (changes: object) =>
  call(AuthModule.forResourceServerAsync.bind(AuthModule), changes);
const useFactory = () => ({});

describe('the error message of an option that is refused where it is given', () => {
  // T-mvbh
  it.each<readonly [string, () => unknown, string]>([
    // beside useFactory
    [
      'issuer',
      () => forRootAsync({ useFactory, issuer: 'x' }),
      'issuer: is not an option; it belongs in what useFactory, useClass or useExisting returns',
    ],
    [
      'isglobal',
      () => forRootAsync({ useFactory, isglobal: true }),
      'isglobal: is not an option; did you mean isGlobal?',
    ],
    [
      'usefactory',
      () => forRootAsync({ usefactory: useFactory }),
      'usefactory: is not an option; did you mean useFactory?',
    ],
    [
      'no factory',
      () => forRootAsync({ inject: [] }),
      'AuthModule.forRootAsync: takes one of useFactory, useClass and useExisting',
    ],
    [
      'two factories',
      () => forRootAsync({ useFactory, useClass: Pool }),
      'AuthModule.forRootAsync: takes one of useFactory, useClass and useExisting',
    ],
    [
      'a route',
      () => forRootAsync({ useFactory, routes: { revokUser: false } }),
      'routes.revokUser: is not an option; did you mean routes.revokeUser?',
    ],
    [
      'a route of the wrong kind',
      () => forRootAsync({ useFactory, routes: { login: 'off' } }),
      'routes.login: must be true or false',
    ],
    [
      'routes of a verifier',
      () => forResourceAsync({ useFactory, routes: false }),
      'routes: is not an option; it belongs to AuthModule.forRoot of the issuer',
    ],
    [
      'jwks of a verifier',
      () => forResourceAsync({ useFactory, jwks: {} }),
      'jwks: is not an option; it belongs in what useFactory, useClass or useExisting returns',
    ],
    // forRoot
    [
      'a route in forRoot',
      () => forRoot({ routes: { logn: false } }),
      'routes.logn: is not an option; did you mean routes.login?',
    ],
    [
      'a prefix',
      () => forRoot({ routes: { prefix: 'a b' } }),
      'routes.prefix: must be a path such as auth or api/auth',
    ],
    ['isGlobal', () => forRoot({ isGlobal: 'yes' }), 'isGlobal: must be true or false'],
    ['a name', () => forRoot({ name: 7 }), 'name: must be a text that is not empty'],
    [
      'routes in the testing module',
      () => call(AuthTestingModule.forRoot.bind(AuthTestingModule), { routes: { logn: false } }),
      'routes.logn: is not an option; did you mean routes.login?',
    ],
    // a service that only verifies
    [
      'storage',
      () => resource({ storage: {} }),
      'storage: is not an option; it belongs to AuthModule.forRoot of the issuer',
    ],
    [
      'keys',
      () => resource({ keys: {} }),
      'keys: is not an option; it belongs to AuthModule.forRoot of the issuer',
    ],
    [
      'a ttl',
      () => resource({ accessToken: { ttl: '5m' } }),
      'accessToken.ttl: is not an option; it belongs to AuthModule.forRoot of the issuer',
    ],
    [
      'jwks.uri',
      () => resource({ jwks: { uri: 'x' } }),
      'jwks.uri: is not an option; did you mean jwks.url?',
    ],
    [
      'no url',
      () => resource({ jwks: {} }),
      "jwks.url: is missing: the URL of the issuer's JWKS, https://…/.well-known/jwks.json",
    ],
    [
      'a file',
      () => resource({ jwks: { url: 'file:///etc/keys' } }),
      "jwks.url: must be a URL: the issuer's https://…/.well-known/jwks.json",
    ],
    [
      'credentials',
      () => resource({ jwks: { url: 'https://a:b@issuer.example' } }),
      'jwks.url: holds credentials: a JWKS is public, leave them out',
    ],
    [
      'HMAC',
      () => resource({ jwks: { url: 'https://a.example', algorithms: ['HS256'] } }),
      'jwks.algorithms: is a shared secret: a service that verifies with it can sign with it; have the issuer sign with RS, PS or ES',
    ],
    // stores
    [
      'a deadline',
      () => call(drizzleKeySource, db, { encryptionKeys: [], deadline: 'quickly' }),
      'drizzleKeySource.deadline: must be a duration, written as 900s, 15m or 30d (a bare number is seconds)',
    ],
    [
      'keys as text',
      () => call(drizzleKeySource, db, { encryptionKeys: 'k1:secret' }),
      'drizzleKeySource.encryptionKeys: must be a list',
    ],
    [
      'a key source without options',
      () => call(drizzleKeySource, db),
      'drizzleKeySource: is missing: an object of options',
    ],
    [
      'storage',
      () => call(drizzleStorage, db, { user: users }),
      'drizzleStorage.user: is not an option; did you mean drizzleStorage.users?',
    ],
    [
      'the audit trail',
      () => call(drizzleStorage, db, { audit: false }),
      'drizzleStorage.audit: must be one of on, off',
    ],
    [
      'a column',
      () => call(drizzleStorage, db, { users: { ...users, dissabled: table.hash } }),
      'drizzleStorage.users.dissabled: is not an option; did you mean drizzleStorage.users.disabled?',
    ],
    [
      'a column by name',
      () => call(drizzleStorage, db, { users: { ...users, role: 'role' } }),
      'drizzleStorage.users.role: must be a column of the users table, such as users.email',
    ],
    [
      'a table by name',
      () => call(drizzleStorage, db, { users: { ...users, table: 'users' } }),
      'drizzleStorage.users.table: must be a table of drizzle-orm/pg-core',
    ],
    [
      'a schema',
      () => call(drizzleStorage, db, { schema: 'identity' }),
      'drizzleStorage.schema: must be what createAuthSchema() returned',
    ],
    [
      'a prefix',
      () => call(createAuthSchema, { prefix: 'auth; drop' }),
      'createAuthSchema.prefix: must be letters, digits and underscores, at most 40',
    ],
    [
      'a migration',
      () => call(migrateAuth, db, { scheme: 'identity' }),
      'migrateAuth.scheme: is not an option; did you mean migrateAuth.schema?',
    ],
    [
      'memory',
      () => call(memoryStorage, { users: 'there' }),
      'memoryStorage.users: must be one of here, elsewhere',
    ],
    // keys
    [
      'a directory',
      () => call(keyDirectory, 'keys', { algorithm: 'RS256' }),
      'keyDirectory.algorithm: is not an option; did you mean keyDirectory.rsaAlgorithm?',
    ],
    ['no directory', () => call(keyDirectory), 'keyDirectory: is missing: the path of it'],
    ['no file', () => call(keyFile, ''), 'keyFile: must be the path of it'],
    ['no function', () => call(keysFrom, { keys: [] }), 'keysFrom: must be a function'],
    // decorators
    [
      'an age',
      () => call(RecentAuth, 'soon'),
      "@RecentAuth: write a duration such as '5m', or whole seconds",
    ],
    [
      'no age',
      () => call(RecentAuth, null),
      "@RecentAuth: write a duration such as '5m', or whole seconds",
    ],
    [
      'roles in a list',
      () => call(Roles, ['admin']),
      '@Roles: name at least one, each as a text of its own',
    ],
    [
      'an empty permission',
      () => call(Permissions, 'a', ' '),
      '@Permissions: name at least one, each as a text of its own',
    ],
  ])('%s', async (_name, give, sentence) => {
    const refused = await Promise.resolve()
      .then(give)
      .then(String, (error: Error) => error.message);
    expect(refused.replace('configuration_invalid: ', '')).toBe(sentence);
  });
});
