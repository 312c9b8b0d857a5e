export {
  createAuthSchema,
  authAudit,
  authOneTimeTokens,
  authPeppers,
  authRevocations,
  authSessions,
  authSigningKeys,
  authSubjects,
} from './schema.js';
export type { AuthSchema, AuthSchemaOptions } from './schema.js';
export { drizzleStorage } from './drizzle-storage.js';
export type { DrizzleStorageOptions } from './drizzle-storage.js';
export type { UserColumns } from './user-columns.js';
export { drizzleTransaction, drizzleWork } from './drizzle-transaction.js';
export { DrizzleUserDirectory } from './drizzle-user-directory.store.js';
export { drizzleKeySource } from './drizzle-key-source.store.js';
export type { DrizzleKeySourceOptions } from './drizzle-key-source.store.js';
export { migrateAuth, MIGRATIONS_FOLDER } from './migrate.js';
export type { MigrateAuthOptions } from './migrate.js';
