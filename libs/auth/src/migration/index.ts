export { migrateAuth, MIGRATIONS_FOLDER } from '../drizzle/migrate.js';
export type { MigrateAuthOptions } from '../drizzle/migrate.js';
