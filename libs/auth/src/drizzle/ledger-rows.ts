import { getTableName, sql, type SQL } from 'drizzle-orm';
import { AuthError } from '../common/auth-error.js';
import {
  idOf,
  LEDGER_KINDS,
  type LedgerEntry,
  type RevocableToken,
  spareUpTo,
} from '../storage/ledger-entry.js';
import { rows, type Transaction } from './database.js';
import type { AuthSchema } from './schema.js';

type LedgerTable = AuthSchema['revocations'];
type NewRow = LedgerTable['$inferInsert'];
type Row = Pick<
  LedgerTable['$inferSelect'],
  'kind' | 'subject' | 'minVersion' | 'issuedBefore' | 'expiresAt'
>;

/** The channel of the wake-up after a commit. The payload is empty, because the listener reads the ledger. */
export const LEDGER_CHANNEL = 'tokenward_ledger';

function toRow({ kind, id, value, expiresAt }: LedgerEntry): NewRow {
  return {
    kind,
    subject: id,
    expiresAt: new Date(expiresAt),
    minVersion: kind === 'user' || kind === 'session_version' ? value : undefined,
    issuedBefore: kind === 'all' ? value : undefined,
  };
}

/**
 * Undefined for a kind that a later release writes: an unknown kind must not stop this release from
 * reading the others.
 */
export function fromRow({
  kind,
  subject: id,
  minVersion,
  issuedBefore,
  expiresAt,
}: Row): LedgerEntry | undefined {
  if (!LEDGER_KINDS.includes(kind)) return undefined;
  return { kind, id, value: minVersion ?? issuedBefore ?? 0, expiresAt: expiresAt.getTime() };
}

/**
 * Writes the entries in the caller's transaction. The listeners are woken when it commits. A trigger or a rule of the
 * host may drop rows without an error, and nobody would refuse what was answered as revoked.
 */
export async function insertEntries(
  tx: Transaction,
  table: LedgerTable,
  entries: readonly LedgerEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  const [done] = await rows(
    tx,
    sql`with written as (insert into ${table} (kind, subject, min_version, issued_before, expires_at)
      select r.kind, r.subject, r."minVersion", r."issuedBefore", r."expiresAt"
      from jsonb_to_recordset(${JSON.stringify(entries.map(toRow))}::text::jsonb) as r(kind text, subject text,
        "minVersion" int, "issuedBefore" bigint, "expiresAt" timestamptz)
      returning 1) select count(*)::int as written from written`,
  );
  if (done?.['written'] !== entries.length)
    throw AuthError.unavailable(
      `revocations were not written; a trigger on ${getTableName(table)} drops them`,
    );
  await tx.execute(sql`select pg_notify(${LEDGER_CHANNEL}, '')::text`);
}

/** Whether an unexpired ledger row `r` refuses the token: `refusesToken` in SQL. */
export function refusedCondition(token: RevocableToken): SQL {
  const ways = LEDGER_KINDS.map(
    (kind) => sql`(r.kind = ${sql.raw(`'${kind}'`)} and r.subject = ${idOf(kind, token)}
      and coalesce(r.min_version, r.issued_before, 0) > ${spareUpTo(kind, token)})`,
  );
  return sql`r.expires_at > clock_timestamp() and (${sql.join(ways, sql` or `)})`;
}
