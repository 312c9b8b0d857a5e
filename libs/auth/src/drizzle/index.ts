export { createAuthSchema, authPeppers, authRevocations, authSessions, authSubjects } from './schema.js';
export type { AuthSchema, AuthSchemaOptions } from './schema.js';
export { drizzleStorage } from './drizzle-storage.js';
export type { DrizzleStorageOptions } from './drizzle-storage.js';
export type { UserColumns } from './user-columns.js';
export { DrizzleUserDirectory } from './drizzle-user-directory.store.js';
export { migrateAuth, MIGRATIONS_FOLDER } from './migrate.js';
