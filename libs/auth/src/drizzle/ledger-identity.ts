import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { rows, type Transaction } from './database.js';
import type { AuthSchema } from './schema.js';

/**
 * Returns the id in the table; makes one if there is none. The id belongs to one database of one
 * server. A copy (a dump restored beside the original, a template) gets a new id; otherwise both
 * databases would accept each other's proofs in a shared Redis.
 */
export async function ledgerIdentity(tx: Transaction, { ledger }: AuthSchema): Promise<string> {
  // only one process makes an id at a time; the second one finds the first one's
  await rows(tx, sql`select pg_advisory_xact_lock(hashtext('tokenward.ledger'))`);
  const [place] = await rows(
    tx,
    sql`select oid::text as oid, has_function_privilege('pg_control_system()', 'execute') as may
      from pg_database where datname = current_database()`,
  );
  const oid = String(place?.['oid']);
  const [server] =
    place?.['may'] === true
      ? await rows(tx, sql`select system_identifier::text as id from pg_control_system()`)
      : [];
  const here = `${String(server?.['id'] ?? '')}/${oid}`;
  // a role that may not ask for the server's identity compares only the database
  const elsewhere = server ? sql`database <> ${here}` : sql`split_part(database, '/', 2) <> ${oid}`;
  const id = randomUUID();
  await rows(
    tx,
    sql`update ${ledger} set id = ${id}, database = ${here}, created_at = now() where ${elsewhere}`,
  );
  await rows(
    tx,
    sql`insert into ${ledger} (id, database) select ${id}::uuid, ${here} where not exists (select 1 from ${ledger})`,
  );
  const [kept] = await rows(tx, sql`select id::text as id from ${ledger} limit 1`);
  return String(kept?.['id']);
}
