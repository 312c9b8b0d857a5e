import { defineConfig } from 'drizzle-kit';

/** `npm run db:generate` writes the library's migrations from its schema. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './libs/auth/src/drizzle/schema.ts',
  out: './libs/auth/migrations',
});
