import { toQuery } from './own-transaction.js';
import type { NamedUsers } from './user-columns.js';

/** Its unique indexes as PostgreSQL writes them; for the select list where `c` is the table. */
export const UNIQUE_INDEXES =
  '(select jsonb_agg(pg_get_indexdef(i.indexrelid)) from pg_index i where i.indrelid = c.oid and i.indisunique and i.indisvalid)';

/** What an operator should know of the users table `full`: without the index two rows may have one identifier, and each login reads them all. */
export function indexAdvice(users: NamedUsers, full: string, indexes: unknown): string | undefined {
  const { name } = users.identifier ?? users.email;
  const tenant = users.tenant?.name;
  const lowered = new RegExp(`lower\\(\\(*"?${name.replace(/[^\w]/g, '\\$&')}"?\\)*(?:::text)?\\)`);
  const serves = (index: unknown): boolean =>
    typeof index === 'string' && lowered.test(index) && (tenant === undefined || index.includes(tenant));
  if (Array.isArray(indexes) && indexes.some(serves)) return undefined;
  const columns = `${tenant === undefined ? '' : `${quoted(tenant)}, `}lower(${quoted(name)})`;
  const wanted = `CREATE UNIQUE INDEX CONCURRENTLY ON ${full} (${columns})${predicateOf(users)}`;
  return `${full} has no unique index on lower(${name}): two users could have one identifier, which is 503 for both, and every login reads the whole table; ${wanted}`;
}

function predicateOf({ where }: NamedUsers): string {
  if (!where) return '';
  const { text, values = [] } = toQuery(where);
  return ` WHERE ${values.length === 0 ? text : '(the condition of users.where)'}`;
}

/** A name as PostgreSQL reads it. */
export const quoted = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
