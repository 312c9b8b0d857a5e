import { toQuery } from './own-transaction.js';
import { isCitext } from './spellings.js';
import type { NamedUsers } from './user-columns.js';

/** The indexes of the table, as PostgreSQL writes them; for a select list that names the table `c`. */
export const INDEXES =
  '(select jsonb_agg(pg_get_indexdef(i.indexrelid)) from pg_index i where i.indrelid = c.oid and i.indisvalid)';

/** How the table is partitioned, as PostgreSQL writes it: `HASH (id)`. Null: it is not. */
export const PARTITIONED_BY = "case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end";

/**
 * Whether the column `e.id` is unique only together with others: an id that two people share does
 * not identify a user. A partitioned table can have no such index, and a view has none at all.
 */
export const SHARED_IDS = `(select bool_or(i.indnkeyatts > 1) and not bool_or(i.indnkeyatts = 1) and c.relkind = 'r'
  from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attname = e.id
  where i.indrelid = c.oid and i.indisunique and i.indisvalid and a.attnum = any(i.indkey[0:i.indnkeyatts - 1]))`;

/**
 * Whether `c` is a view whose column `e.hash` cannot be updated, by itself, a trigger or a rule. 4 is an update, and 16
 * a deletion, without which the function for a column always says no.
 */
export const FIXED_VIEW = `(c.relkind in ('v', 'm') and ((pg_relation_is_updatable(c.oid, true) & 4) = 0
  or (pg_relation_is_updatable(c.oid, true) & 16) > 0 and not exists (select from pg_attribute a
    where a.attrelid = c.oid and a.attname = e.hash and pg_column_is_updatable(c.oid, a.attnum, true))))`;

/**
 * Advice to the operator about the users table `full`: without the index two rows may have the same
 * identifier, and each login scans the table. PostgreSQL has no unique index on a partitioned table without the columns
 * that it is partitioned by, and builds none there concurrently.
 */
export function indexAdvice(
  users: NamedUsers,
  full: string,
  indexes: unknown,
  partitionedBy?: unknown,
): string | undefined {
  const column = users.identifier ?? users.email;
  const { name } = column;
  const tenant = users.tenant?.name;
  const [before, after] = isCitext(column)
    ? ['[(,] ?', '(?:,|\\)(?: INCLUDE | NULLS |$))']
    : ['lower\\(\\(*', '\\)*(?:::text)?\\)'];
  const isPartitioned = typeof partitionedBy === 'string';
  const canBeUnique =
    !isPartitioned || (tenant !== undefined && partitionedBy.endsWith(` (${quoted(tenant)})`));
  const lowered = new RegExp(`${before}"?${name.replace(/[^\w]/g, '\\$&')}"?${after}`);
  const serves = (index: unknown): boolean =>
    typeof index === 'string' &&
    (canBeUnique ? index.startsWith('CREATE UNIQUE') : true) &&
    lowered.test(plainly(index).replace(/ WHERE .*/s, '')) &&
    (tenant === undefined || index.includes(tenant));
  if (Array.isArray(indexes) && indexes.some(serves)) return undefined;
  const [indexed, spoken] = isCitext(column)
    ? [quoted(name), name]
    : [`lower(${quoted(name)})`, `lower(${name})`];
  const columns = `${tenant === undefined ? '' : `${quoted(tenant)}, `}${indexed}`;
  const wanted = `INDEX${isPartitioned ? '' : ' CONCURRENTLY'} ON ${full} (${columns})${predicateOf(users)}`;
  const lacks = canBeUnique
    ? `has no unique index on ${spoken}: two users could`
    : `has no index on ${spoken}, and is partitioned by ${String(partitionedBy)}, so that only another table can keep it unique: two users could`;
  return `${full} ${lacks} have one identifier, which is 503 for both, and every login reads the whole table; CREATE ${canBeUnique ? 'UNIQUE ' : ''}${wanted}`;
}

/** Without the quotes that names need only under `quote_all_identifiers`. */
const plainly = (index: string): string => index.replaceAll(/"([a-z_][a-z0-9_]*)"/g, '$1');

function predicateOf({ where }: NamedUsers): string {
  if (!where) return '';
  const { text, values = [] } = toQuery(where);
  return ` WHERE ${values.length === 0 ? text : '(the condition of users.where)'}`;
}

/** A name, quoted for PostgreSQL. */
export const quoted = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
