import { sql } from 'drizzle-orm';
import { index, jsonb, text } from 'drizzle-orm/pg-core';
import { at, bytea, type Maker } from './columns.js';

/** Secrets and keys of the processes, and API keys. */
export function keyTables({ table, prefix }: Maker) {
  /** The refresh-token secrets of hosts that configure none. */
  const peppers = table('peppers', {
    id: text('id').primaryKey(),
    secret: text('secret').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    /** From this time on it mints. It verifies as long as the row exists. */
    mintsFrom: at('mints_from').notNull().defaultNow(),
  });

  /** Signing keys of hosts that keep them in Postgres. The private half is sealed. */
  const signingKeys = table('signing_keys', {
    kid: text('kid').primaryKey(),
    algorithm: text('algorithm').notNull(),
    /** A JWK as JSON. */
    publicJwk: text('public_jwk').notNull(),
    /**
     * AES-256-GCM under a key that is not in the database. Null if the key will never sign again.
     */
    sealedPrivateJwk: bytea('sealed_private_jwk'),
    createdAt: at('created_at').notNull().defaultNow(),
    signsFrom: at('signs_from').notNull(),
    revokedAt: at('revoked_at'),
  });

  /** Every signing key that the processes were ever given, by name. */
  const keySightings = table('key_sightings', {
    kid: text('kid').primaryKey(),
    firstSeenAt: at('first_seen_at').notNull(),
  });

  /** API keys. Each belongs to an owner. */
  const apiKeys = table(
    'api_keys',
    {
      id: text('id').primaryKey(),
      /** SHA-256 of the whole key. */
      hash: bytea('hash').notNull(),
      subject: text('subject').notNull(),
      name: text('name').notNull(),
      /** Null: all permissions of the owner. */
      permissions: jsonb('permissions').$type<readonly string[]>(),
      createdAt: at('created_at').notNull(),
      /** Null: the key does not expire. */
      expiresAt: at('expires_at'),
      /** Rounded to the hour. */
      lastUsedAt: at('last_used_at'),
    },
    (t) => [
      index(`${prefix}api_keys_subject_idx`).on(t.subject),
      index(`${prefix}api_keys_expires_idx`)
        .on(t.expiresAt)
        .where(sql`${t.expiresAt} is not null`),
    ],
  );

  return { peppers, signingKeys, keySightings, apiKeys };
}
