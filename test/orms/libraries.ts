import { drizzleOnNodePostgres, drizzleOnPostgresJs } from './drizzle.js';
import type { Connect } from './host-library.js';
import { knex } from './knex.js';
import { kysely } from './kysely.js';
import { mikroOrm } from './mikro-orm.js';
import { nodePostgres } from './node-postgres.js';
import { postgresJs } from './postgres-js.js';
import { prisma } from './prisma.js';
import { typeorm } from './typeorm.js';

/** Every library that has an adapter. */
export const LIBRARIES: Readonly<Record<string, Connect>> = {
  'node-postgres': nodePostgres,
  'Drizzle (node-postgres)': drizzleOnNodePostgres,
  'Drizzle (postgres.js)': drizzleOnPostgresJs,
  'postgres.js': postgresJs,
  TypeORM: typeorm,
  Prisma: prisma,
  Kysely: kysely,
  Knex: knex,
  MikroORM: mikroOrm,
};
