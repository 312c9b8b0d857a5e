import { Column, is, sql, type SQL } from 'drizzle-orm';
import { type PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { group, handle, having } from '../common/option-schema.js';
import type { UserFacts } from '../storage/subject.js';
import { type Database, dialectOf, type Row } from './database.js';

/** The host's own users table, by its columns. */
export interface UserColumns {
  readonly table: PgTable;
  /** uuid, text or an integer; becomes `sub` as text. */
  readonly id: PgColumn;
  /** Compared in lower case, so give it a unique index on `lower(email)`; two rows for one email are 503. */
  readonly email: PgColumn;
  readonly passwordHash: PgColumn;
  readonly name?: PgColumn;
  readonly role?: PgColumn;
  /** `text[]` or a JSON array of text. */
  readonly permissions?: PgColumn;
  /** boolean, or a timestamp that is set while the user is disabled. */
  readonly disabled?: PgColumn;
}

const columnHandle = () =>
  handle<PgColumn>(having('getSQLType'), 'a column of the users table, such as users.email');

/** An Argon2id hash with today's parameters. */
const HASH_CHARACTERS = 97;

function holdsHash(column: PgColumn): boolean {
  const width = /^(?:var)?char(?:acter varying)?\((\d+)\)$/.exec(column.getSQLType())?.[1];
  return width === undefined || Number(width) >= HASH_CHARACTERS;
}

export const userColumnsSchema = group({
  table: handle<PgTable>((value) => is(value, PgTable), 'a table of drizzle-orm/pg-core'),
  id: columnHandle(),
  email: columnHandle(),
  passwordHash: columnHandle().refine(holdsHash, {
    error: `is shorter than the ${HASH_CHARACTERS} characters of an Argon2id hash: alter the column to text`,
  }),
  name: columnHandle().optional(),
  role: columnHandle().optional(),
  permissions: columnHandle().optional(),
  disabled: columnHandle().optional(),
});

/** `{ table: users, ...users }` spreads the whole table: what is the table's own and no option of ours is left out, what is renamed or added is not. */
export function withoutSpread(users: UserColumns | undefined): UserColumns | undefined {
  if (!users?.table || typeof users !== 'object') return users;
  const own = users.table as unknown as Readonly<Record<string, unknown>>;
  const kept = Object.entries(users).filter(
    ([key, value]) => key in userColumnsSchema.shape || value !== own[key],
  );
  return Object.fromEntries(kept) as unknown as UserColumns;
}

/** A column by the name that it has in the database. */
type Named = Pick<PgColumn, 'name' | 'getSQLType'>;

/** The same columns after the host's casing. */
export type NamedUsers = { readonly table: PgTable } & {
  readonly [Key in keyof Omit<UserColumns, 'table'>]: Named;
};

/** Columns without a name of their own are named by the casing of the host's database (`drizzle(pool, { casing: 'snake_case' })`). */
export function namedUsers(db: Database, { table, ...columns }: UserColumns): NamedUsers {
  const { casing } = dialectOf(db) as unknown as { casing: { getColumnCasing(column: PgColumn): string } };
  const named = Object.entries(columns)
    .filter(([, each]) => is(each, Column))
    .map(([key, each]) => [key, { name: casing.getColumnCasing(each), getSQLType: () => each.getSQLType() }]);
  return { table, ...(Object.fromEntries(named) as Omit<NamedUsers, 'table'>) };
}

const column = (each: Named | undefined): SQL => (each ? sql`a.${sql.identifier(each.name)}` : sql`null`);

/** The subject in the type of the id column, so that the index on it serves. */
export function idFrom(users: NamedUsers, subject: SQL): SQL {
  const type = users.id
    .getSQLType()
    .replace('bigserial', 'bigint')
    .replace('smallserial', 'smallint')
    .replace('serial', 'integer');
  return sql`${subject}::text::${sql.raw(type)}`;
}

export function disabledOf(users: NamedUsers): SQL {
  if (!users.disabled) return sql`false`;
  const each = column(users.disabled);
  return users.disabled.getSQLType() === 'boolean'
    ? sql`coalesce(${each}, false)`
    : sql`(${each} is not null)`;
}

/** For select lists in which the users table is `a`. */
export function factColumns(users: NamedUsers | undefined): SQL {
  if (!users) return sql`false as user_found, null as role, null as permissions, false as disabled`;
  return sql`(${column(users.id)} is not null) as user_found, ${column(users.role)} as role,
    ${users.permissions ? sql`to_jsonb(${column(users.permissions)})` : sql`null`} as permissions, ${disabledOf(users)} as disabled`;
}

export function accountColumns(users: NamedUsers): SQL {
  return sql`${column(users.id)}::text as user_id, ${column(users.email)} as email, ${column(users.name)} as name,
    ${column(users.passwordHash)} as password_hash, ${factColumns(users)}`;
}

export function toFacts(row: Row): UserFacts {
  const { role, permissions, disabled } = row;
  return {
    ...(typeof role === 'string' && role !== '' ? { role } : {}),
    permissions: Array.isArray(permissions) ? permissions.filter((each) => typeof each === 'string') : [],
    disabled: disabled === true,
  };
}
