import { defineConfig } from 'drizzle-kit';

/** The demo's own tables: `npx drizzle-kit generate --config apps/demo/drizzle.config.ts`. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './apps/demo/src/database/schema.ts',
  out: './apps/demo/migrations',
});
