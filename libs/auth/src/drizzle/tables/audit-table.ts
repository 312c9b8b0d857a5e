import { sql } from 'drizzle-orm';
import { bigint, index, inet, integer, jsonb, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { at, type Maker } from './columns.js';

/** The audit trail. */
export function auditTable({ table, prefix }: Maker) {
  /**
   * What happened, for later review. Security events are written in the transaction of their cause,
   * routine events soon after. No row contains a secret.
   */
  const audit = table(
    'audit',
    {
      id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
      at: at('at').notNull().defaultNow(),
      type: text('type').notNull(),
      severity: text('severity').$type<'info' | 'warning' | 'high'>().notNull(),
      /** The user whom the event is about. */
      subject: text('subject'),
      /** The user who caused the event, if known. */
      actor: text('actor'),
      sessionId: text('session_id'),
      ip: inet('ip'),
      userAgent: text('user_agent'),
      /** The other fields of the event. */
      detail: jsonb('detail')
        .$type<Readonly<Record<string, unknown>>>()
        .notNull()
        .default(sql`'{}'`),
      /** How many events the row counts. */
      count: integer('count').notNull().default(1),
      /**
       * Events of the same kind, account or address, and minute share one row. Null: the event has
       * its own row.
       */
      fold: text('fold'),
    },
    (t) => [
      uniqueIndex(`${prefix}audit_fold_idx`)
        .on(t.fold)
        .where(sql`${t.fold} is not null`),
      index(`${prefix}audit_subject_idx`).on(t.subject, t.id),
      // partial index: most rows have no actor
      index(`${prefix}audit_actor_idx`)
        .on(t.actor, t.id)
        .where(sql`${t.actor} is not null`),
      index(`${prefix}audit_type_idx`).on(t.type, t.id),
      index(`${prefix}audit_at_idx`).on(t.at),
    ],
  );

  return { audit };
}
