import type { UserColumns } from '@tokenward/nestjs/drizzle';
import { and, eq, gt, sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  char,
  pgSchema,
  text,
  timestamp,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';

/**
 * As somebody else made it: a schema of its own, capitals, columns of a width, what the database makes itself, hidden
 * rows by a flag and a day.
 */
const members = pgSchema('Shop').table('Members', {
  id: bigint('Id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  shop: uuid('shopId'),
  email: varchar('eMail', { length: 200 }).notNull(),
  hash: char('passwordHash', { length: 255 }),
  name: char('Name', { length: 40 }),
  role: char('Role', { length: 12 }),
  phone: varchar('phone', { length: 5 }),
  shout: text('shout').generatedAlwaysAs(sql`upper("eMail")`),
  row: bigint('row', { mode: 'number' }).generatedAlwaysAsIdentity(),
  active: boolean('isActive').notNull().default(true),
  verified: boolean('verified').notNull().default(false),
  until: timestamp('until', { withTimezone: true }).notNull().defaultNow(),
});
export const TABLE = `create schema "Shop"; create table "Shop"."Members" ("Id" bigint primary key generated always as identity,
  "shopId" uuid, "eMail" varchar(200) not null, "passwordHash" char(255), "Name" char(40), "Role" char(12), phone varchar(5),
  shout text generated always as (upper("eMail")) stored, "row" serial, "isActive" boolean not null default true,
  verified boolean not null default false, until timestamptz not null default now() + interval '1 day', check (length("eMail") <= 180))`;
export const USERS: UserColumns = {
  table: members,
  id: members.id,
  email: members.email,
  passwordHash: members.hash,
  name: members.name,
  role: members.role,
  emailVerified: members.verified,
  tenant: members.shop,
  where: and(eq(members.active, true), gt(members.until, new Date('2020-01-01'))),
};
export const SHOP = '7b1f6f0e-55c1-4a52-9d0a-3c8a5b1f4d77';
export const AT_SHOP = { headers: { 'x-shop': SHOP } };
/** Of "correct horse". */
export const BCRYPT = '$2b$04$nAPPVppyF7u0uBJ88vCzHOoNVl7G/PTUqfuUNCIZYXLohgv3ZMLNK';
export const PASSWORD = 'correct horse';
