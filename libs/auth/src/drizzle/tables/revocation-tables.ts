import { sql } from 'drizzle-orm';
import { bigint, index, integer, text, uuid } from 'drizzle-orm/pg-core';
import type { LedgerKind } from '../../storage/ledger-entry.js';
import { at, xid8, type Maker } from './columns.js';

/** The revocation ledger. */
export function revocationTables({ table, prefix }: Maker) {
  /** Every revocation that is still needed, written in the transaction of its cause. */
  const revocations = table(
    'revocations',
    {
      id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
      kind: text('kind').$type<LedgerKind>().notNull(),
      /** A jti, sid, sub or kid; empty for `all`. */
      subject: text('subject').notNull(),
      minVersion: integer('min_version'),
      /** Whole seconds since the epoch; only for the kind `all`. */
      issuedBefore: bigint('issued_before', { mode: 'number' }),
      expiresAt: at('expires_at').notNull(),
      createdAt: at('created_at').notNull().defaultNow(),
      /** The writing transaction. It makes the condition "new since that snapshot" exact. */
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

  /** One row that identifies this ledger. */
  const ledger = table('ledger', {
    /**
     * Random. It is part of every proof, so that applications with a shared Redis are told apart.
     */
    id: uuid('id').primaryKey(),
    /** The server and database that the id was made for. A copy of the database makes a new one. */
    database: text('database').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  });

  return { revocations, ledger };
}
