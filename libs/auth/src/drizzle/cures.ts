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
  '28000': CONNECTION,
  '28P01': CONNECTION,
};

/** A refusal by a pooler, which reports it as a protocol violation. */
const STARTUP_PARAMETER = /unsupported startup parameter(?: in options)?: \w+/;

/**
 * The server's message and the cure, for errors that waiting does not fix. These messages contain
 * names of tables, columns and roles, never values.
 */
export function cureOf(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = causeOf(each)) {
    const { code, message } = each as Error & { code?: unknown };
    const [parameter] = STARTUP_PARAMETER.exec(message) ?? [];
    if (parameter)
      return `${parameter}; take it out of the settings of the pool, a pooler (PgBouncer) refuses it`;
    const cure = typeof code === 'string' ? CURES[code] : undefined;
    if (cure) return `${String(code)} ${message}; ${cure}`;
  }
  return undefined;
}
