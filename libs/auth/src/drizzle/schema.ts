import { sql } from 'drizzle-orm';
import {
  bigint,
  customType,
  index,
  inet,
  integer,
  json,
  jsonb,
  PgSchema,
  pgTableCreator,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
  boolean,
} from 'drizzle-orm/pg-core';

import { group, handle, text as optionText } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import type { LedgerKind } from '../storage/ledger-entry.js';

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });
const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });
const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 });

export const authSchemaSchema = group({
  prefix: optionText('letters, digits and underscores, at most 40', /^\w{0,40}$/).prefault('auth_'),
  schema: optionText('the name of a schema, 1 to 63 characters without quotes', /^[^"\0]{1,63}$/).optional(),
});

export interface AuthSchemaOptions {
  /** Put before every table name. Default `auth_`. */
  readonly prefix?: string;
  /** The Postgres schema of the tables; `public` is taken too. Default: the one in which the search path finds them at the start. */
  readonly schema?: string;
}

/**
 * Tokenward's tables. `authSchema()` is what the shipped migrations create; a host with another prefix or schema makes its own migrations
 * from the tables returned here. The storage parameters that keep rotation HOT are in the shipped migration.
 */
export function createAuthSchema(options: AuthSchemaOptions = {}) {
  const { prefix, schema } = readOptions(authSchemaSchema, options, {
    of: 'createAuthSchema',
    prefix: 'createAuthSchema',
  });
  const table: ReturnType<typeof pgTableCreator> =
    schema === undefined
      ? pgTableCreator((name) => prefix + name)
      : (((name: string, columns: never, extra: never) =>
          // pgSchema() refuses 'public', and without a schema the search path would decide
          new PgSchema(schema).table(prefix + name, columns, extra)) as never);

  /** Two counters a user, whoever keeps the users. */
  const subjects = table('subjects', {
    subject: text('subject').primaryKey(),
    tokenVersion: integer('token_version').notNull().default(1),
    sessionEpoch: integer('session_epoch').notNull().default(1),
  });

  /** One row a session. Nothing that rotation writes is indexed, so that every rotation is a heap-only update. */
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
      /** Who acts as the subject; null: the subject. */
      actor: text('actor'),
      /** Its own idle lifetime; null: as each rotation says. */
      idleTtlMs: bigint('idle_ttl_ms', { mode: 'number' }),
      /** Of its access tokens; null: as the options say. */
      accessTtlSeconds: integer('access_ttl_seconds'),
      /** What the host gave it, for each of its tokens. As text: `jsonb` refuses some strings that JSON has. */
      claims: json('claims').$type<Readonly<Record<string, unknown>>>(),
      /** Which key of its client the session is bound to: the RFC 7638 thumbprint (`dpop`), or the public JWK as JSON (`dbsc`). */
      boundKind: text('bound_kind').$type<'dbsc' | 'dpop'>(),
      boundKey: text('bound_key'),
      boundAt: at('bound_at'),
      /** Ends by then unless it is bound before. */
      registerBy: at('register_by'),
      /** Those of the last minutes that its key has answered, by their ids. Null: none so far. */
      usedChallenges: text('used_challenges').array(),
      /** The revoked flag and its time in one: null while the session may be used. */
      endedAt: at('ended_at'),
      endReason: text('end_reason'),
    },
    (t) => [
      index(`${prefix}sessions_subject_idx`).on(t.subject),
      // most rows have none
      index(`${prefix}sessions_actor_idx`)
        .on(t.actor)
        .where(sql`${t.actor} is not null`),
    ],
  );

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

  /** The refresh-token secret of hosts that configure none. */
  const peppers = table('peppers', {
    id: text('id').primaryKey(),
    secret: text('secret').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    /** From then on it mints; it verifies as long as it is here. */
    mintsFrom: at('mints_from').notNull().defaultNow(),
  });

  /** Signing keys of hosts that keep them here; the private half is sealed. */
  const signingKeys = table('signing_keys', {
    kid: text('kid').primaryKey(),
    algorithm: text('algorithm').notNull(),
    /** A JWK as JSON. */
    publicJwk: text('public_jwk').notNull(),
    /** AES-256-GCM under a key that is not in the database; null when it will never sign again. */
    sealedPrivateJwk: bytea('sealed_private_jwk'),
    createdAt: at('created_at').notNull().defaultNow(),
    signsFrom: at('signs_from').notNull(),
    revokedAt: at('revoked_at'),
  });

  /** Every key the processes were ever given, by name. */
  const keySightings = table('key_sightings', {
    kid: text('kid').primaryKey(),
    firstSeenAt: at('first_seen_at').notNull(),
  });

  /** What was mailed, or handed out between two steps of a sign-in: each works once. */
  const oneTimeTokens = table(
    'one_time_tokens',
    {
      /** SHA-256 of the token. */
      hash: bytea('hash').primaryKey(),
      kind: text('kind').notNull(),
      /** Null: nobody is known yet. */
      subject: text('subject'),
      /** The session epoch that it dies with; null: it outlives sessions. */
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

  /** What a user proves beside, or instead of, the password. */
  const factors = table(
    'factors',
    {
      id: uuid('id').primaryKey(),
      subject: text('subject').notNull(),
      kind: text('kind').$type<'totp' | 'passkey'>().notNull(),
      name: text('name'),
      createdAt: at('created_at').notNull().defaultNow(),
      lastUsedAt: at('last_used_at'),
      /** Null until the first code of a TOTP secret. */
      confirmedAt: at('confirmed_at'),
      /** TOTP: AES-256-GCM under a key that is not in the database. */
      sealedSecret: bytea('sealed_secret'),
      /** TOTP: the last time step that was used; none before it is taken. */
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

  /** Each works once, in place of a second factor. */
  const recoveryCodes = table(
    'recovery_codes',
    {
      /** SHA-256 of the subject and the code. */
      hash: bytea('hash').primaryKey(),
      subject: text('subject').notNull(),
    },
    (t) => [index(`${prefix}recovery_codes_subject_idx`).on(t.subject)],
  );

  /** Whom a provider vouches for, and whose account that opens. */
  const identities = table(
    'identities',
    {
      issuer: text('issuer').notNull(),
      issuerSubject: text('issuer_subject').notNull(),
      subject: text('subject').notNull(),
      /** As the provider gave it. */
      email: text('email'),
      /** Whether the email of the account was verified by then. */
      proven: boolean('proven').notNull(),
      linkedAt: at('linked_at').notNull().defaultNow(),
    },
    (t) => [
      primaryKey({ name: `${prefix}identities_pkey`, columns: [t.issuer, t.issuerSubject] }),
      index(`${prefix}identities_subject_idx`).on(t.subject),
    ],
  );

  /** Keys of machines, each of an owner. */
  const apiKeys = table(
    'api_keys',
    {
      id: text('id').primaryKey(),
      /** SHA-256 of the whole key. */
      hash: bytea('hash').notNull(),
      subject: text('subject').notNull(),
      name: text('name').notNull(),
      /** Null: all that the owner has. */
      permissions: jsonb('permissions').$type<readonly string[]>(),
      createdAt: at('created_at').notNull(),
      /** Null: never. */
      expiresAt: at('expires_at'),
      /** To the hour. */
      lastUsedAt: at('last_used_at'),
    },
    (t) => [
      index(`${prefix}api_keys_subject_idx`).on(t.subject),
      index(`${prefix}api_keys_expires_idx`)
        .on(t.expiresAt)
        .where(sql`${t.expiresAt} is not null`),
    ],
  );

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

  return {
    ...{ subjects, sessions, revocations, ledger, peppers, signingKeys, keySightings },
    ...{ oneTimeTokens, factors, recoveryCodes, identities, apiKeys, audit },
  };
}

export type AuthSchema = ReturnType<typeof createAuthSchema>;

/** The option `schema` of what works on the tables. */
export const authSchemaHandle = () =>
  handle<AuthSchema>(
    (value) => 'sessions' in value && 'revocations' in value,
    'what createAuthSchema() returned',
  );

const shipped = createAuthSchema();
export const authSubjects = shipped.subjects;
export const authSessions = shipped.sessions;
export const authRevocations = shipped.revocations;
export const authLedger = shipped.ledger;
export const authPeppers = shipped.peppers;
export const authSigningKeys = shipped.signingKeys;
export const authKeySightings = shipped.keySightings;
export const authOneTimeTokens = shipped.oneTimeTokens;
export const authFactors = shipped.factors;
export const authRecoveryCodes = shipped.recoveryCodes;
export const authIdentities = shipped.identities;
export const authApiKeys = shipped.apiKeys;
export const authAudit = shipped.audit;
