import { Column, is, SQL, sql } from 'drizzle-orm';
import { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { group, handle, having } from '../common/option-schema.js';
import type { UserFacts } from '../storage/subject.js';
import { type Database, dialectOf, type Row } from './database.js';

/** The host's own users table, by its columns. */
export interface UserColumns {
  readonly table: PgTable;
  /**
   * uuid, text or an integer; becomes `sub` as text. It must be unique by itself: an id that is unique only within a
   * tenant stops the boot.
   */
  readonly id: PgColumn;
  /**
   * Compared in lower case, so create a unique index on `lower(email)` (for citext on the column itself). A login
   * with an email of two rows is 503. It may be null if `identifier` is set.
   */
  readonly email: PgColumn;
  /**
   * The identifier for sign-in, if `identifier.name` is not the email. Also compared in lower case, with the same
   * kind of index.
   */
  readonly identifier?: PgColumn;
  /**
   * The tenant of the user, as `identifier.tenant` returns it: uuid, text or an integer. Indexes on email and
   * identifier must then begin with it.
   */
  readonly tenant?: PgColumn;
  /**
   * A condition on the table's columns that users must meet, such as `isNull(users.deletedAt)`: every statement treats
   * another row as if it did not exist.
   */
  readonly where?: SQL;
  /** Text. Null: the user has no password. */
  readonly passwordHash: PgColumn;
  /** Text, for the answers of login and `me`. */
  readonly name?: PgColumn;
  /** Text. Null: the user has no role. */
  readonly role?: PgColumn;
  /** `text[]` or a JSON array of text. */
  readonly permissions?: PgColumn;
  /** boolean, or a timestamp that is set while the user is disabled. */
  readonly disabled?: PgColumn;
  /** boolean, or the timestamp of the verification. Needed if `accounts` is on. */
  readonly emailVerified?: PgColumn;
}

const columnHandle = () =>
  handle<PgColumn>(having('getSQLType'), 'a column of the users table, such as users.email');

/** The length of an Argon2id hash with the current parameters. */
export const HASH_CHARACTERS = 97;

/** How many characters a column holds, as the host declared it. Undefined: no limit. */
export function widthOf(column: Named): number | undefined {
  const width = /^(?:var)?char(?:acter varying)?\((\d+)\)$/.exec(column.getSQLType())?.[1];
  return width === undefined ? undefined : Number(width);
}

const holdsHash = (column: PgColumn): boolean => (widthOf(column) ?? Infinity) >= HASH_CHARACTERS;

export const userColumnsSchema = group({
  table: handle<PgTable>((value) => is(value, PgTable), 'a table of drizzle-orm/pg-core'),
  id: columnHandle(),
  email: columnHandle(),
  identifier: columnHandle().optional(),
  tenant: columnHandle().optional(),
  where: handle<SQL>(
    (value) => is(value, SQL),
    'a condition of drizzle-orm, such as isNull(users.deletedAt)',
  ).optional(),
  passwordHash: columnHandle().refine(holdsHash, {
    error: `is shorter than the ${HASH_CHARACTERS} characters of an Argon2id hash: alter the column to text`,
  }),
  name: columnHandle().optional(),
  role: columnHandle().optional(),
  permissions: columnHandle().optional(),
  disabled: columnHandle().optional(),
  emailVerified: columnHandle().optional(),
});

/**
 * `{ table: users, ...users }` spreads the whole table: members that are the table's own and no
 * option of Tokenward are removed, renamed or added ones are kept.
 */
export function withoutSpread(users: UserColumns | undefined): UserColumns | undefined {
  if (!users?.table || typeof users !== 'object') return users;
  const own = users.table as unknown as Readonly<Record<string, unknown>>;
  const kept = Object.entries(users).filter(
    ([key, value]) => key in userColumnsSchema.shape || value !== own[key],
  );
  return Object.fromEntries(kept) as unknown as UserColumns;
}

/** A column with its name in the database. */
export type Named = Pick<PgColumn, 'name' | 'getSQLType'>;

/** The same columns, named by the host's casing. */
export type NamedUsers = { readonly table: PgTable; readonly where?: SQL } & {
  readonly [Key in keyof Omit<UserColumns, 'table' | 'where'>]: Named;
};

/** The members that are columns. */
export function columnsOf({
  table: _table,
  where: _where,
  ...columns
}: NamedUsers): readonly Named[] {
  return Object.values(columns);
}

/**
 * Names the columns by the casing of the host's database if they have no name of their own
 * (`drizzle(pool, { casing: 'snake_case' })`).
 */
export function namedUsers(db: Database, { table, where, ...columns }: UserColumns): NamedUsers {
  const nameOf = namesIn(db);
  const named = Object.entries(columns)
    .filter(([, each]) => is(each, Column))
    .map(([key, each]) => [key, { name: nameOf(each), getSQLType: () => each.getSQLType() }]);
  return {
    table,
    ...(where && { where: localised(where, nameOf) }),
    ...(Object.fromEntries(named) as Omit<NamedUsers, 'table' | 'where'>),
  };
}

/** Returns how the host's database writes the names of columns. */
export function namesIn(db: Database): (column: PgColumn) => string {
  const { casing } = dialectOf(db) as unknown as {
    casing: { getColumnCasing(column: PgColumn): string };
  };
  return (column) => casing.getColumnCasing(column);
}

/** Writes the names out, because our statements do not use the host's casing. */
function localised(condition: SQL, nameOf: (column: PgColumn) => string): SQL {
  const chunks = condition.queryChunks.map((chunk) => {
    if (is(chunk, PgColumn)) return sql`${chunk.table}.${sql.identifier(nameOf(chunk))}`;
    return is(chunk, SQL) ? localised(chunk, nameOf) : chunk;
  });
  return new SQL(chunks);
}

/**
 * The existing users, as a relation to be named `a`. No statement sees users that `where` hides.
 */
export function usersFrom(users: NamedUsers): SQL {
  if (!users.where) return sql`${users.table}`;
  const names = [...new Set(columnsOf(users).map(({ name }) => name))].map((name) =>
    sql.identifier(name),
  );
  return sql`(select ${sql.join(names, sql`, `)} from ${users.table} where ${users.where})`;
}

/** The type of a column, as written in a cast. */
export function typeOf(column: Named): string {
  return (
    column
      .getSQLType()
      .replace('bigserial', 'bigint')
      .replace('smallserial', 'smallint')
      .replace('serial', 'integer')
      // a cast to a length truncates: a longer text would match another user
      .replace(/^varchar\(\d+\)$/, 'varchar')
      .replace(/^char\(\d+\)$/, 'bpchar')
  );
}

/** Casts a text value to the type of a column, so that the column's index is used. */
export function valueFor(column: Named, value: SQL): SQL {
  return sql`${value}::text::${sql.raw(typeOf(column))}`;
}

const column = (each: Named | undefined): SQL =>
  each ? sql`a.${sql.identifier(each.name)}` : sql`null`;

/** A `char(n)` column is padded with blanks, which the cast removes. */
const textOf = (each: Named | undefined): SQL => sql`${column(each)}::text`;

export function idFrom(users: NamedUsers, subject: SQL): SQL {
  return valueFor(users.id, subject);
}

export function disabledOf(users: NamedUsers): SQL {
  if (!users.disabled) return sql`false`;
  const each = column(users.disabled);
  return users.disabled.getSQLType() === 'boolean'
    ? sql`coalesce(${each}, false)`
    : sql`(${each} is not null)`;
}

function emailVerifiedOf({ emailVerified }: NamedUsers): SQL {
  if (!emailVerified) return sql`false`;
  const each = column(emailVerified);
  return emailVerified.getSQLType() === 'boolean'
    ? sql`coalesce(${each}, false)`
    : sql`(${each} is not null)`;
}

/** For select lists that name the users table `a`. */
export function factColumns(users: NamedUsers | undefined): SQL {
  if (!users)
    return sql`false as user_found, null as role, null as permissions, false as disabled, null as tenant`;
  return sql`(${column(users.id)} is not null) as user_found, ${textOf(users.role)} as role,
    ${users.permissions ? sql`to_jsonb(${column(users.permissions)})` : sql`null`} as permissions, ${disabledOf(users)} as disabled,
    ${users.tenant ? textOf(users.tenant) : sql`null`} as tenant`;
}

export function accountColumns(users: NamedUsers): SQL {
  const { id, email, name, identifier, passwordHash } = users;
  return sql`${textOf(id)} as user_id, ${textOf(email)} as email, ${textOf(name)} as name,
    ${textOf(identifier)} as identifier, ${textOf(passwordHash)} as password_hash,
    ${emailVerifiedOf(users)} as email_verified, ${factColumns(users)}`;
}

export function toFacts(row: Row): UserFacts {
  const { role, permissions, disabled, tenant } = row;
  return {
    ...(typeof role === 'string' && role !== '' ? { role } : {}),
    permissions: Array.isArray(permissions)
      ? permissions.filter((each) => typeof each === 'string')
      : [],
    disabled: disabled === true,
    ...(typeof tenant === 'string' ? { tenant } : {}),
  };
}
