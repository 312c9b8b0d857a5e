import { type SQL, sql } from 'drizzle-orm';
import type { Identity, IdentityAct } from '../storage/identity-store.port.js';
import type { ProviderSessionEnd } from '../storage/session.js';
import { ms, type Row, rows, type Transaction } from './database.js';
import type { AuthSchema } from './schema.js';

/** Columns of an identity `i`. */
export const IDENTITY_COLUMNS = sql`i.issuer, i.issuer_subject, i.subject, i.email, i.proven, ${ms(sql`i.linked_at`)} as linked_at`;

export function toIdentity(row: Row): Identity {
  const { email } = row;
  return {
    issuer: String(row['issuer']),
    issuerSubject: String(row['issuer_subject']),
    subject: String(row['subject']),
    ...(typeof email === 'string' && { email }),
    proven: row['proven'] === true,
    linkedAt: new Date(Number(row['linked_at'])),
  };
}

/** The sessions `s` that end together with a session at a provider. */
export function cameFrom({ issuer, issuerSubject, sid }: ProviderSessionEnd): SQL {
  if (issuerSubject === undefined)
    return sql`s.provider_issuer = ${issuer} and s.provider_sid = ${sid ?? null}`;
  const ofSession =
    sid === undefined ? sql`` : sql`and (s.provider_sid is null or s.provider_sid = ${sid})`;
  return sql`s.provider_issuer = ${issuer} and s.provider_subject = ${issuerSubject} ${ofSession}`;
}

/** Call this with the subject locked. Returns false if the change does not fit the stored identities. */
export async function actOnIdentity(
  tx: Transaction,
  { identities }: AuthSchema,
  subject: string,
  act: IdentityAct,
): Promise<boolean> {
  if (act.kind === 'identity_unlinked') {
    const { issuer } = act;
    const gone = await rows(
      tx,
      sql`delete from ${identities} where subject = ${subject} and issuer = ${issuer} returning 1`,
    );
    return gone.length > 0;
  }
  const { issuer, issuerSubject, email = null, proven } = act.identity;
  const added = await rows(
    tx,
    sql`insert into ${identities} (issuer, issuer_subject, subject, email, proven)
      values (${issuer}, ${issuerSubject}, ${subject}, ${email}, ${proven}) on conflict do nothing returning 1`,
  );
  return added.length > 0;
}

/** For a user who was deleted. Call this with the subject locked. */
export async function removeIdentitiesOf(
  tx: Transaction,
  schema: AuthSchema,
  subject: string,
): Promise<void> {
  await rows(tx, sql`delete from ${schema.identities} where subject = ${subject}`);
}
