import { sql } from 'drizzle-orm';
import { bigint, index, inet, integer, jsonb, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { at, type Maker } from './columns.js';

/** The audit trail. */
export function auditTable({ table, prefix }: Maker) {
  /** What happened, for people who look later: security events in the transaction of their cause, routine ones soon after. No secret in any. */
  const audit = table(
    'audit',
    {
      id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
      at: at('at').notNull().defaultNow(),
      type: text('type').notNull(),
      severity: text('severity').$type<'info' | 'warning' | 'high'>().notNull(),
      /** The user it is about. */
      subject: text('subject'),
      /** The user who did it, when one is known. */
      actor: text('actor'),
      sessionId: text('session_id'),
      ip: inet('ip'),
      userAgent: text('user_agent'),
      /** The event's other members. */
      detail: jsonb('detail')
        .$type<Readonly<Record<string, unknown>>>()
        .notNull()
        .default(sql`'{}'`),
      /** How many events the row stands for. */
      count: integer('count').notNull().default(1),
      /** Events of one kind, account or address, and minute are one row; null: a row of its own. */
      fold: text('fold'),
    },
    (t) => [
      uniqueIndex(`${prefix}audit_fold_idx`)
        .on(t.fold)
        .where(sql`${t.fold} is not null`),
      index(`${prefix}audit_subject_idx`).on(t.subject, t.id),
      // most rows have none
      index(`${prefix}audit_actor_idx`)
        .on(t.actor, t.id)
        .where(sql`${t.actor} is not null`),
      index(`${prefix}audit_type_idx`).on(t.type, t.id),
      index(`${prefix}audit_at_idx`).on(t.at),
    ],
  );

  return { audit };
}
