import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { at, bytea, type Maker } from './columns.js';

/** The credentials of users. */
export function accountTables({ table, prefix }: Maker) {
  /** Tokens that were mailed, or issued between two steps of a sign-in. Each works once. */
  const oneTimeTokens = table(
    'one_time_tokens',
    {
      /** SHA-256 of the token. */
      hash: bytea('hash').primaryKey(),
      kind: text('kind').notNull(),
      /** Null: the user is not known yet. */
      subject: text('subject'),
      /** The session epoch that the token is bound to. Null: it is not bound to the sessions. */
      epoch: integer('epoch'),
      data: jsonb('data').$type<Readonly<Record<string, unknown>>>().notNull(),
      triesLeft: integer('tries_left').notNull(),
      createdAt: at('created_at').notNull(),
      expiresAt: at('expires_at').notNull(),
    },
    (t) => [
      index(`${prefix}one_time_tokens_subject_idx`).on(t.subject, t.kind),
      index(`${prefix}one_time_tokens_expires_idx`).on(t.expiresAt),
    ],
  );

  /** Factors that a user proves in addition to the password, or instead of it. */
  const factors = table(
    'factors',
    {
      id: uuid('id').primaryKey(),
      subject: text('subject').notNull(),
      kind: text('kind').$type<'totp' | 'passkey'>().notNull(),
      name: text('name'),
      createdAt: at('created_at').notNull().defaultNow(),
      lastUsedAt: at('last_used_at'),
      /** Null until the first code of a TOTP secret was accepted. */
      confirmedAt: at('confirmed_at'),
      /** TOTP: AES-256-GCM under a key that is not in the database. */
      sealedSecret: bytea('sealed_secret'),
      /** TOTP: the last time step that was used, so that the same code is refused. Null before the first use. */
      lastStep: bigint('last_step', { mode: 'number' }),
      /** Passkeys; base64url. */
      credentialId: text('credential_id'),
      /** Passkeys: COSE. */
      publicKey: bytea('public_key'),
      counter: bigint('counter', { mode: 'number' }),
      transports: jsonb('transports').$type<readonly string[]>(),
      backupEligible: boolean('backup_eligible'),
      backedUp: boolean('backed_up'),
    },
    (t) => [
      index(`${prefix}factors_subject_idx`).on(t.subject),
      uniqueIndex(`${prefix}factors_credential_idx`)
        .on(t.credentialId)
        .where(sql`${t.credentialId} is not null`),
    ],
  );

  /** Each code works once, instead of a second factor. */
  const recoveryCodes = table(
    'recovery_codes',
    {
      /** SHA-256 of the subject and the code. */
      hash: bytea('hash').primaryKey(),
      subject: text('subject').notNull(),
    },
    (t) => [index(`${prefix}recovery_codes_subject_idx`).on(t.subject)],
  );

  /** People at a provider, and the account that each of them opens. */
  const identities = table(
    'identities',
    {
      issuer: text('issuer').notNull(),
      issuerSubject: text('issuer_subject').notNull(),
      subject: text('subject').notNull(),
      /** The email as the provider sent it. */
      email: text('email'),
      /** Whether the account's email was verified at that time. */
      proven: boolean('proven').notNull(),
      linkedAt: at('linked_at').notNull().defaultNow(),
    },
    (t) => [
      primaryKey({ name: `${prefix}identities_pkey`, columns: [t.issuer, t.issuerSubject] }),
      index(`${prefix}identities_subject_idx`).on(t.subject),
    ],
  );

  return { oneTimeTokens, factors, recoveryCodes, identities };
}
