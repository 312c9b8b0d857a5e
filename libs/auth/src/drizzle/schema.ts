import { PgSchema, pgTableCreator } from 'drizzle-orm/pg-core';
import { group, handle, text as optionText } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import { accountTables } from './tables/account-tables.js';
import { auditTable } from './tables/audit-table.js';
import { keyTables } from './tables/key-tables.js';
import { revocationTables } from './tables/revocation-tables.js';
import { sessionTables } from './tables/session-tables.js';

export const authSchemaSchema = group({
  prefix: optionText('letters, digits and underscores, at most 40', /^\w{0,40}$/).prefault('auth_'),
  schema: optionText(
    'the name of a schema, 1 to 63 characters without quotes',
    /^[^"\0]{1,63}$/,
  ).optional(),
});

export interface AuthSchemaOptions {
  /** The start of every table name. Default `auth_`. */
  readonly prefix?: string;
  /**
   * The Postgres schema of the tables; it may be `public`. Default: the schema in which the search
   * path finds them at start-up.
   */
  readonly schema?: string;
}

/**
 * Tokenward's tables. The shipped migrations create `authSchema()`. A host with another prefix or
 * schema makes its own migrations from the tables returned here. The storage parameters that keep
 * rotation HOT are in the shipped migration.
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
  const maker = { table, prefix };
  return {
    ...sessionTables(maker),
    ...revocationTables(maker),
    ...keyTables(maker),
    ...accountTables(maker),
    ...auditTable(maker),
  };
}

export type AuthSchema = ReturnType<typeof createAuthSchema>;

/** The option `schema` of functions that use the tables. */
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
