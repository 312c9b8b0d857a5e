/**
 * Whether the role may not see, change or remove some row of `c`. PostgreSQL passes over such rows without an error:
 * a revocation that is hidden from another process would be followed by nobody. A policy with another rule than
 * `true` cannot be judged.
 */
export const HIDES_ROWS = `row_security_active(c.oid) and (
  exists (select from pg_policy p where p.polrelid = c.oid and not p.polpermissive)
  or exists (select from unnest(array['r', 'w', 'd']) command where not exists (select from pg_policy p
    where p.polrelid = c.oid and p.polpermissive and p.polcmd in ('*', command::"char")
      and pg_get_expr(p.polqual, p.polrelid) = 'true'
      and exists (select from unnest(p.polroles) r where r = 0 or pg_has_role(r, 'USAGE')))))`;

/** The problem and its cure. `table` and `role` as SQL writes them. */
export function hiddenRows(table: string, role: string): string {
  return `row-level security may hide rows of ${table} from the role ${role}; ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY, or ALTER ROLE ${role} BYPASSRLS`;
}

/** The table is the host's own, and so is the rule. */
export function hiddenUsers(table: string, role: string): string {
  return `row-level security may hide rows of ${table} from the role ${role}; whom it hides cannot sign in`;
}
