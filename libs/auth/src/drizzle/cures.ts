import { causeOf } from '../common/auth-error.js';

export const MIGRATE =
  'run `tokenward migrate`, or your own migrations where the tables have another prefix';
const GRANT = 'grant it to the role of the service (docs/database.md lists the grants)';
const CONNECTION = 'correct the settings of the connection';

/** By SQLSTATE: errors that last until somebody fixes their cause. They are not an outage. */
const CURES: Readonly<Record<string, string>> = {
  '42P01': MIGRATE,
  '42703': MIGRATE,
  '42501': GRANT,
  '3F000': MIGRATE,
  '3D000': `${CONNECTION}, or create the database`,
  '25006':
    'name the primary, or let the role write (default_transaction_read_only; some platforms set it where the disk is full)',
  '28000': CONNECTION,
  '28P01': CONNECTION,
};

/** Where tables are made. What else a migration may meet is no mistake of the operator's. */
export const MIGRATION_CURES: typeof CURES = {
  ...Object.fromEntries(
    ['25006', '28000', '28P01', '3D000'].map((code) => [code, CURES[code] ?? '']),
  ),
  '42501':
    'run it as the owner of the tables, in the release step (`tokenward migrate`), and not at the start of a service whose role may not',
};

/** By message, where the SQLSTATE says too little. */
const BY_MESSAGE: readonly (readonly [RegExp, string])[] = [
  [
    /unsupported startup parameter(?: in options)?: \w+/,
    'take it out of the settings of the pool, a pooler (PgBouncer) refuses it',
  ],
  [
    /wal_level must be set to 'logical'/,
    'set rds.logical_replication to 1 and restart the server (Amazon Aurora tells its timeline only then)',
  ],
];

/**
 * The server's message and the cure, for errors that waiting does not fix. These messages contain
 * names of tables, columns and roles, never values.
 */
export function cureOf(error: unknown, cures = CURES): string | undefined {
  for (let each = error; each instanceof Error; each = causeOf(each)) {
    const { code, message } = each as Error & { code?: unknown };
    for (const [pattern, cure] of BY_MESSAGE) {
      const [said] = pattern.exec(message) ?? [];
      if (said) return `${said}; ${cure}`;
    }
    const cure = typeof code === 'string' ? cures[code] : undefined;
    if (cure) return `${String(code)} ${message}; ${cure}`;
  }
  return undefined;
}
