import { Logger } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';
import { AuthError } from '../common/auth-error.js';
import type { Row } from './database.js';
import { cureOf, MIGRATE } from './cures.js';
import { unavailable } from './guarded.js';
import type { HostPool } from './host-pool.js';
import { toQuery } from './own-transaction.js';
import { PooledCall } from './pooled-call.js';
import { hiddenRows, hiddenUsers, HIDES_ROWS } from './row-security.js';
import { type AuthSchema, createAuthSchema } from './schema.js';
import { columnsOf, HASH_CHARACTERS, type NamedUsers } from './user-columns.js';
import {
  FIXED_VIEW,
  indexAdvice,
  INDEXES,
  PARTITIONED_BY,
  quoted,
  SHARED_IDS,
} from './user-index.js';

export interface Layout {
  /** The option that a refusal names. */
  readonly option: string;
  readonly tables: readonly (keyof AuthSchema)[];
  /** The schema in which the tables are found is written into them. */
  readonly schema: AuthSchema;
  readonly users: NamedUsers | undefined;
}

interface Need {
  readonly key: keyof AuthSchema | 'users';
  readonly schema: string | null;
  readonly name: string;
  readonly columns: readonly string[];
  readonly rights: readonly string[];
  /** The column of the password hash. */
  readonly hash?: string;
  /** The column of the user's id. */
  readonly id?: string;
}

export interface Found {
  /** The encoding of the database. */
  readonly encoding: string;
  /** Whether the rows of the users can be locked: not those of a view, and not without a right to change them. */
  readonly usersAre: 'lockable' | 'not_lockable';
}

const WHAT = 'look at the tables';

/**
 * Without these rights no login and no revocation works. Rights that only the clean-up needs are
 * reported when it fails.
 */
const RIGHTS: Readonly<Record<keyof AuthSchema, readonly string[]>> = {
  subjects: ['SELECT', 'INSERT', 'UPDATE'],
  sessions: ['SELECT', 'INSERT', 'UPDATE'],
  revocations: ['SELECT', 'INSERT'],
  ledger: ['SELECT', 'INSERT', 'UPDATE'],
  peppers: ['SELECT', 'INSERT'],
  signingKeys: ['SELECT', 'INSERT', 'UPDATE'],
  keySightings: ['SELECT', 'INSERT'],
  oneTimeTokens: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  factors: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  recoveryCodes: ['SELECT', 'INSERT', 'DELETE'],
  identities: ['SELECT', 'INSERT', 'DELETE'],
  apiKeys: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  audit: ['INSERT'],
};

/**
 * Runs once, before the first statement. A missing table, column or right is not an outage, because
 * waiting does not fix it. From then on table names include their schema: a later change of the
 * search path cannot redirect a revocation.
 */
export async function lookAt(pool: HostPool, layout: Layout, deadlineMs: number): Promise<Found> {
  const needs = needsOf(layout);
  let found: readonly Row[];
  try {
    const call = new PooledCall(pool, WHAT, deadlineMs);
    found = (await call.run((each) => each.query(toQuery(statement(needs))))).rows as Row[];
  } catch (error) {
    const cure = cureOf(error);
    throw cure ? AuthError.configuration(layout.option, cure) : unavailable(WHAT, error);
  }
  const problem = oneLine(needs.flatMap((need, at) => problemOf(need, found[at] ?? {}) ?? []));
  if (problem !== '') throw AuthError.configuration(layout.option, problem);
  pin(layout, needs, found);
  adviseOnCrashes(layout, needs, found);
  adviseOnUsers(layout, needs, found);
  const isLockable = found.some(
    (row, at) => needs[at]?.key === 'users' && row['lockable'] === true,
  );
  return {
    encoding: String(found[0]?.['encoding']),
    usersAre: isLockable ? 'lockable' : 'not_lockable',
  };
}

function needsOf({ tables, schema, users }: Layout): readonly Need[] {
  const own = tables.map((key) => needOf(key, schema[key], RIGHTS[key]));
  if (!users) return own;
  const names = columnsOf(users).map(({ name }) => name);
  const [hash, id] = [users.passwordHash.name, users.id.name];
  return [...own, { ...needOf('users', users.table, ['SELECT']), columns: names, hash, id }];
}

function needOf(key: Need['key'], table: PgTable, rights: readonly string[]): Need {
  const { schema = null, name, columns } = getTableConfig(table);
  return { key, schema, name, columns: columns.map((each) => each.name), rights };
}

/**
 * Reads the catalogue, which every role may read. A right on a single column counts, because the
 * host's table is granted by columns.
 */
function statement(needs: readonly Need[]) {
  return sql`select n.nspname as schema, current_user as role, current_setting('search_path') as path,
      current_setting('server_encoding') as encoding,
      (select jsonb_agg(missing) from jsonb_array_elements_text(e.columns) missing where not exists (
        select from pg_attribute a where a.attrelid = c.oid and a.attname = missing and a.attnum > 0 and not a.attisdropped)) as missing,
      (select jsonb_agg(denied) from jsonb_array_elements_text(e.rights) denied
        where not case denied when 'DELETE' then has_table_privilege(c.oid, denied) else has_any_column_privilege(c.oid, denied) end) as denied,
      (select jsonb_agg(quote_ident(a.attname)) from pg_attribute a where a.attrelid = c.oid and e.rights ? 'SELECT' and e.columns ? a.attname
        and not has_column_privilege(c.oid, a.attnum, 'SELECT')) as hidden,
      (select format_type(a.atttypid, a.atttypmod) from pg_attribute a where a.attrelid = c.oid and a.attname = e.hash
        and a.atttypid in ('varchar'::regtype, 'bpchar'::regtype) and a.atttypmod - 4 between 1 and ${HASH_CHARACTERS - 1}) as narrow,
      (select jsonb_agg(o.nspname) from pg_class other join pg_namespace o on o.oid = other.relnamespace
        where other.relname = e.name and other.relkind in ('r', 'p') and o.nspname !~ '^pg_') as everywhere,
      ${sql.raw(INDEXES)} as indexes, ${sql.raw(PARTITIONED_BY)} as partitioned, ${sql.raw(SHARED_IDS)} as shared, ${sql.raw(HIDES_ROWS)} as filtered,
      c.relpersistence = 'u' as unlogged, c.relkind = 'v' as viewed, c.relkind in ('r', 'p') and has_any_column_privilege(c.oid, 'UPDATE') as lockable, ${sql.raw(FIXED_VIEW)} as fixed
    from jsonb_to_recordset(${JSON.stringify(needs.map((each, position) => ({ ...each, position })))}::jsonb)
        as e(schema text, name text, columns jsonb, rights jsonb, hash text, id text, position int)
      left join (pg_class c join pg_namespace n on n.oid = c.relnamespace) on c.relname = e.name
        and case when e.schema is null then pg_table_is_visible(c.oid) else n.nspname = e.schema end
    order by e.position`;
}

function problemOf({ key, schema, name, hash = '', id = '' }: Need, row: Row): string | undefined {
  const cure = key === 'users' ? 'make it, or name the table that you have' : MIGRATE;
  if (row['schema'] == null) {
    const elsewhere = listOf(row['everywhere']);
    if (schema !== null || elsewhere === '')
      return `the table ${schema === null ? '' : `${schema}.`}${name} is missing; ${cure}`;
    return `the table ${name} is not on the search path (${String(row['path'])}), it is in ${elsewhere}; pass createAuthSchema({ schema }) as schema`;
  }
  const full = `${quoted(String(row['schema']))}.${quoted(name)}`;
  if (row['missing'] != null) {
    const columns = `the table ${full} has no column ${listOf(row['missing'])}`;
    return `${columns}; ${key === 'users' ? 'give the columns the names that they have in the database' : MIGRATE}`;
  }
  // a login with an old hash would succeed, but its new hash could never be stored
  if (row['narrow'] != null)
    return `the column ${hash} of ${full} is ${String(row['narrow'])}, and a new hash has ${String(HASH_CHARACTERS)} characters; ALTER TABLE ${full} ALTER COLUMN ${quoted(hash)} TYPE text`;
  if (row['shared'] === true)
    return `the column ${id} of ${full} is unique only beside others, so that two people would share sessions; name a column that is unique by itself as users.id`;
  const hidden = row['hidden'] == null ? '' : `SELECT (${listOf(row['hidden'])})`;
  const [rights, role] = [listOf(row['denied']) || hidden, String(row['role'])];
  if (rights === '')
    return key !== 'users' && row['filtered'] === true ? hiddenRows(full, role) : undefined;
  return `the role ${role} has no right to ${rights} on ${full}; GRANT ${rights} ON ${full} TO ${role}`;
}

/** Each problem is "what; cure". What has the same cure is named together. */
function oneLine(problems: readonly string[]): string {
  const byCure = new Map<string, string[]>();
  for (const problem of problems) {
    const at = problem.indexOf('; ');
    const cure = problem.slice(at);
    byCure.set(cure, [...(byCure.get(cure) ?? []), problem.slice(0, at)]);
  }
  return [...byCure].map(([cure, whats]) => whats.join(', ') + cure).join('; ');
}

function listOf(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : '';
}

/**
 * The server empties such a table when it starts after a crash, and sends it to no standby: what was revoked is
 * accepted.
 */
function adviseOnCrashes({ option }: Layout, needs: readonly Need[], found: readonly Row[]): void {
  const names = needs.flatMap(({ key, name }, at) =>
    key !== 'users' && found[at]?.['unlogged'] === true ? [name] : [],
  );
  for (const name of names)
    new Logger('Tokenward').warn(
      `${option}: a crash of the server empties ${name}, which is UNLOGGED; ALTER TABLE ${name} SET LOGGED`,
    );
}

function adviseOnUsers(
  { users, option }: Layout,
  needs: readonly Need[],
  found: readonly Row[],
): void {
  const at = needs.findIndex(({ key }) => key === 'users');
  const row = found[at];
  if (!users || !row) return;
  const full = `${quoted(String(row['schema']))}.${quoted(needs[at]?.name ?? '')}`;
  const hidden = row['filtered'] === true ? hiddenUsers(full, String(row['role'])) : undefined;
  const fixed =
    row['fixed'] === true
      ? `PostgreSQL cannot update the view ${full}: old hashes are never replaced, and a change of the password is 503; give it an INSTEAD OF UPDATE trigger, or name the table that holds the hash`
      : undefined;
  // a view has no index of its own
  const index =
    row['viewed'] === true
      ? undefined
      : indexAdvice(users, full, row['indexes'], row['partitioned']);
  for (const advice of [index, hidden, fixed])
    if (advice !== undefined) new Logger('Tokenward').warn(`${option}: ${advice}`);
}

/** Sets one schema on all tables, also on those that were not checked. */
function pin({ schema, option }: Layout, needs: readonly Need[], found: readonly Row[]): void {
  const places = needs.flatMap(({ key, name, schema: given }, at) =>
    key === 'users' || given !== null
      ? []
      : [{ name, in_: String(found[at]?.['schema']), row: found[at] }],
  );
  const [home] = places;
  if (!home) return;
  const named = `createAuthSchema({ schema: '${home.in_}' })`;
  const stray = places.find(({ in_ }) => in_ !== home.in_);
  if (stray) {
    const both = `${home.in_}.${home.name} and ${stray.in_}.${stray.name}`;
    throw AuthError.configuration(
      option,
      `the search path leads to ${both}; name the schema: ${named}`,
    );
  }
  const twice = places.filter(({ row }) => (row?.['everywhere'] as unknown[] | null)?.length !== 1);
  if (twice.length > 0) {
    const names = twice
      .map(({ name, row }) => `${name} (${listOf(row?.['everywhere'])})`)
      .join(', ');
    new Logger('Tokenward').warn(
      `${option}: more than one schema has ${names}; ${home.in_} is used. Name it: ${named}`,
    );
  }
  const prefix = getTableConfig(schema.subjects).name.replace(/subjects$/, '');
  Object.assign(schema, createAuthSchema({ prefix, schema: home.in_ }));
}
