import { sql } from 'drizzle-orm';
import { bigint, boolean, index, inet, integer, json, text, uuid } from 'drizzle-orm/pg-core';
import { at, bytea, type Maker } from './columns.js';

/** Sessions, and the counters that can end them. */
export function sessionTables({ table, prefix }: Maker) {
  /** Two counters for each user, also if the users are in another system. */
  const subjects = table('subjects', {
    subject: text('subject').primaryKey(),
    tokenVersion: integer('token_version').notNull().default(1),
    sessionEpoch: integer('session_epoch').notNull().default(1),
  });

  /** One row for each session. No column that rotation writes is indexed, so every rotation is a heap-only update. */
  const sessions = table(
    'sessions',
    {
      id: uuid('id').primaryKey(),
      subject: text('subject').notNull(),
      epoch: integer('epoch').notNull(),
      generation: integer('generation').notNull().default(1),
      /** SHA-256 of the current refresh-token secret. */
      tokenHash: bytea('token_hash').notNull(),
      rotationNonce: bytea('rotation_nonce'),
      rotationCause: text('rotation_cause').$type<'refresh' | 'password' | 'reauthenticate'>(),
      /** SHA-256 of the Idempotency-Key of the last rotation. */
      rotationKey: bytea('rotation_key'),
      rotatedAt: at('rotated_at'),
      transport: text('transport').$type<'cookie' | 'hybrid' | 'bearer'>().notNull(),
      persistent: boolean('persistent').notNull().default(false),
      authTime: at('auth_time').notNull(),
      amr: text('amr')
        .array()
        .notNull()
        .default(sql`'{}'`),
      createdAt: at('created_at').notNull().defaultNow(),
      lastUsedAt: at('last_used_at').notNull().defaultNow(),
      idleExpiresAt: at('idle_expires_at').notNull(),
      absoluteExpiresAt: at('absolute_expires_at').notNull(),
      createdIp: inet('created_ip'),
      lastIp: inet('last_ip'),
      userAgent: text('user_agent'),
      /** The user who acts as the subject. Null: the subject's own session. */
      actor: text('actor'),
      /** The session's own idle lifetime. Null: the lifetime that each rotation passes. */
      idleTtlMs: bigint('idle_ttl_ms', { mode: 'number' }),
      /** The lifetime of its access tokens. Null: as in the options. */
      accessTtlSeconds: integer('access_ttl_seconds'),
      /**
       * Claims that the host gave the session, for each of its tokens. Type `json`, because `jsonb`
       * refuses some strings that JSON allows.
       */
      claims: json('claims').$type<Readonly<Record<string, unknown>>>(),
      /**
       * The client key that the session is bound to: the RFC 7638 thumbprint (`dpop`), or the
       * public JWK as JSON (`dbsc`).
       */
      boundKind: text('bound_kind').$type<'dbsc' | 'dpop'>(),
      boundKey: text('bound_key'),
      boundAt: at('bound_at'),
      /** The session ends at this time unless it was bound before. */
      registerBy: at('register_by'),
      /** The ids of the challenges that its key has answered in the last minutes. Null: none so far. */
      usedChallenges: text('used_challenges').array(),
      /** The session at a provider that it was opened from. Null: the user proved a credential here. */
      providerIssuer: text('provider_issuer'),
      providerSubject: text('provider_subject'),
      providerSid: text('provider_sid'),
      /** The revoked flag and its time in one column: null while the session may be used. */
      endedAt: at('ended_at'),
      endReason: text('end_reason'),
    },
    (t) => [
      index(`${prefix}sessions_subject_idx`).on(t.subject),
      // partial index: most rows have no actor
      index(`${prefix}sessions_actor_idx`)
        .on(t.actor)
        .where(sql`${t.actor} is not null`),
      index(`${prefix}sessions_provider_idx`)
        .on(t.providerIssuer, t.providerSubject)
        .where(sql`${t.providerIssuer} is not null`),
      index(`${prefix}sessions_provider_sid_idx`)
        .on(t.providerIssuer, t.providerSid)
        .where(sql`${t.providerSid} is not null`),
    ],
  );

  return { subjects, sessions };
}
