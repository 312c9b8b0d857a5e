import { sql } from 'drizzle-orm';
import { bigint, index, integer, text, uuid } from 'drizzle-orm/pg-core';
import type { LedgerKind } from '../../storage/ledger-entry.js';
import { at, xid8, type Maker } from './columns.js';

/** The revocation ledger. */
export function revocationTables({ table, prefix }: Maker) {
  /** Every revocation that still matters, written in the transaction of its cause. */
  const revocations = table(
    'revocations',
    {
      id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
      kind: text('kind').$type<LedgerKind>().notNull(),
      /** jti, sid, sub or kid; empty for `all`. */
      subject: text('subject').notNull(),
      minVersion: integer('min_version'),
      /** Whole seconds since the epoch; of kind `all`. */
      issuedBefore: bigint('issued_before', { mode: 'number' }),
      expiresAt: at('expires_at').notNull(),
      createdAt: at('created_at').notNull().defaultNow(),
      /** The writing transaction: what makes "new since that snapshot" exact. */
      xid: xid8('xid')
        .notNull()
        .default(sql`pg_current_xact_id()`),
    },
    (t) => [
      index(`${prefix}revocations_xid_idx`).on(t.xid),
      index(`${prefix}revocations_subject_idx`).on(t.subject, t.kind),
      index(`${prefix}revocations_expires_idx`).on(t.expiresAt),
    ],
  );

  /** One row: whose revocations these are. */
  const ledger = table('ledger', {
    /** Random; in every proof, so that applications which share a Redis are told apart. */
    id: uuid('id').primaryKey(),
    /** The server and database that it was made for: a copy of the database makes its own. */
    database: text('database').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  });

  return { revocations, ledger };
}
