import { sql } from 'drizzle-orm';
import { rows, type Transaction } from './database.js';
import { idFrom, type NamedUsers } from './user-columns.js';

/** Locks the row until the transaction ends, as a change of it would. */
export async function lockUser(tx: Transaction, users: NamedUsers, id: string): Promise<void> {
  const key = sql.identifier(users.id.name);
  await rows(
    tx,
    sql`select 1 from ${users.table} a where a.${key} = ${idFrom(users, sql`${id}`)} for no key update`,
  );
}
