import { createAuthSchema, type DrizzleStorageOptions } from '@tokenward/nestjs/drizzle';
import { getTableName } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { boolean, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import { people } from './host-app.js';

/** Columns without explicit names. */
const unnamed = pgTable('members', {
  id: uuid().primaryKey().defaultRandom(),
  eMail: text().notNull().unique(),
  passwordHash: text().notNull(),
  userRole: text(),
  grantedRights: text().array(),
  isDisabled: boolean(),
});
const { id, eMail, passwordHash, userRole, grantedRights, isDisabled } = unnamed;
const MEMBERS = {
  table: unnamed,
  id,
  email: eMail,
  passwordHash,
  role: userRole,
  permissions: grantedRights,
  disabled: isDisabled,
};

/** Tables with Tokenward's names but without columns, so that a statement that reaches one fails. */
export const DECOYS = Object.values(createAuthSchema())
  .map((table) => `create table decoy.${getTableName(table)} ()`)
  .join(';');

type Db = NodePgDatabase<Record<string, unknown>>;

interface DatabaseKind {
  readonly name: string;
  readonly pool?: pg.PoolConfig;
  readonly db?: (pool: pg.Pool) => Db;
  readonly storage?: DrizzleStorageOptions;
  /** Runs as the owner of the database, before the start. */
  readonly before?: string;
}

/** None of these may change the answers of a host. */
export const WORKING: readonly DatabaseKind[] = [
  { name: 'a plain pool' },
  { name: 'one connection', pool: { max: 1 } },
  { name: 'a connection for each query', pool: { maxUses: 1 } },
  {
    name: 'query_timeout, statement_timeout and a name',
    pool: {
      query_timeout: 1_500,
      statement_timeout: 1_500,
      application_name: 'shop',
      keepAlive: true,
    },
  },
  {
    name: 'parsers of the pool that answer nothing',
    pool: { types: { getTypeParser: () => () => null } },
  },
  {
    name: 'serializable by default',
    pool: { options: '-c default_transaction_isolation=serializable' },
  },
  {
    name: 'another language of the server',
    pool: {
      options:
        '-c DateStyle=German,DMY -c IntervalStyle=sql_standard -c TimeZone=Asia/Tokyo -c bytea_output=hex',
    },
  },
  {
    name: 'a schema of the host for its relational queries',
    db: (pool) => drizzle(pool, { schema: { people } }),
  },
  { name: 'public, named', storage: { schema: createAuthSchema({ schema: 'public' }) } },
  {
    name: 'public, named, behind a search path that leads to other tables of those names',
    pool: { options: '-c search_path=decoy,public' },
    storage: { schema: createAuthSchema({ schema: 'public' }) },
    before: DECOYS,
  },
  {
    name: "casing: 'snake_case'",
    db: (pool) => drizzle(pool, { casing: 'snake_case' }),
    storage: { users: MEMBERS },
    before:
      'create table members (id uuid primary key default gen_random_uuid(), e_mail text not null unique, password_hash text not null, user_role text, granted_rights text[], is_disabled boolean)',
  },
  {
    name: 'no casing, names in camelCase',
    storage: { users: MEMBERS },
    before:
      'create table members (id uuid primary key default gen_random_uuid(), "eMail" text not null unique, "passwordHash" text not null, "userRole" text, "grantedRights" text[], "isDisabled" boolean)',
  },
];
