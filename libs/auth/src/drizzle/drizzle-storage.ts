import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Duration } from '../common/duration.js';
import { duration, group, oneOf } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import { AuthDatabase } from './auth-database.js';
import type { Database } from './database.js';
import { DrizzleApiKeyStore } from './drizzle-api-key.store.js';
import { DrizzleAuditStore } from './drizzle-audit.store.js';
import { DrizzleFactorStore } from './drizzle-factor.store.js';
import { DrizzleIdentityStore } from './drizzle-identity.store.js';
import { DrizzleKeySightings } from './drizzle-key-sightings.store.js';
import { DrizzleOneTimeTokenStore } from './drizzle-one-time-token.store.js';
import { DrizzleRefreshSecretsStore } from './drizzle-refresh-secrets.store.js';
import { DrizzleRevocationLedgerStore } from './drizzle-revocation-ledger.store.js';
import { DrizzleSessionStore } from './drizzle-session.store.js';
import { DrizzleUserDirectory } from './drizzle-user-directory.store.js';
import { type AuthSchema, authSchemaHandle, createAuthSchema } from './schema.js';
import { type UserColumns, userColumnsSchema, withoutSpread } from './user-columns.js';

export interface DrizzleStorageOptions {
  /** The host's users table. Leave it out if the users are elsewhere, and pass `users` to the module instead. */
  readonly users?: UserColumns;
  /** The result of `createAuthSchema()`, if the tables have another prefix or schema. Default: the shipped tables. */
  readonly schema?: AuthSchema;
  /** `off`: no audit trail. Default `on`: security events are recorded in the transaction of their cause. */
  readonly audit?: 'on' | 'off';
  /** Deadline of one statement or transaction. Default `2s`. */
  readonly deadline?: Duration;
}

export const drizzleStorageSchema = group({
  users: userColumnsSchema.optional(),
  schema: authSchemaHandle().optional(),
  audit: oneOf(['on', 'off']).prefault('on'),
  deadline: duration('10ms', '60s').prefault('2s'),
});

/**
 * Tokenward's stores on the host's own Drizzle database (node-postgres driver). Opens only one connection of its own,
 * for `LISTEN`.
 */
export function drizzleStorage<TSchema extends Record<string, unknown>>(
  db: NodePgDatabase<TSchema>,
  options: DrizzleStorageOptions = {},
) {
  const of = 'drizzleStorage';
  const read = options.users ? { ...options, users: withoutSpread(options.users) } : options;
  const given = readOptions(drizzleStorageSchema, read, { of, prefix: of });
  const { users, audit, schema = createAuthSchema(), deadline: deadlineMs } = given;
  const database = new AuthDatabase(db as unknown as Database, schema, {
    users,
    tables: [
      'subjects',
      'sessions',
      'revocations',
      'ledger',
      'oneTimeTokens',
      'factors',
      'recoveryCodes',
      'identities',
      'apiKeys',
      ...(audit === 'on' ? (['audit'] as const) : []),
    ],
  });
  return {
    sessions: new DrizzleSessionStore(database, { audit, deadlineMs }),
    ledger: new DrizzleRevocationLedgerStore(database, { audit, deadlineMs }),
    peppers: new DrizzleRefreshSecretsStore(database, { deadlineMs }),
    keySightings: new DrizzleKeySightings(database, { deadlineMs }),
    oneTimeTokens: new DrizzleOneTimeTokenStore(database, { deadlineMs }),
    factors: new DrizzleFactorStore(database, { audit, deadlineMs }),
    identities: new DrizzleIdentityStore(database, { audit, deadlineMs }),
    apiKeys: new DrizzleApiKeyStore(database, { audit, deadlineMs }),
    audit: audit === 'on' ? new DrizzleAuditStore(database, { deadlineMs }) : undefined,
    users: users && new DrizzleUserDirectory(database, schema, { users, deadlineMs }),
    /**
     * Checks that the tables, their columns and the grants exist. Throws an error that stops the boot if they do not.
     */
    check: () => database.check(deadlineMs),
  };
}
