import { sql } from 'drizzle-orm';
import type { Factor, NewPasskey, NewTotp, PasskeyFactor } from '../storage/factor.js';
import type { FactorAct } from '../storage/factor-store.port.js';
import { ms, type Row, rows, type Transaction } from './database.js';
import type { AuthSchema } from './schema.js';

/** Columns of a factor `f`. */
export const FACTOR_COLUMNS = sql`f.id, f.subject, f.kind, f.name, ${ms(sql`f.created_at`)} as created_at, ${ms(sql`f.last_used_at`)} as last_used_at,
  f.confirmed_at is not null as confirmed, f.sealed_secret, f.credential_id, f.public_key, f.counter::float8 as counter, f.transports,
  f.backup_eligible, f.backed_up`;

export function toFactor(row: Row): Factor {
  const base = {
    id: String(row['id']),
    subject: String(row['subject']),
    name: row['name'] == null ? undefined : String(row['name']),
    createdAt: new Date(Number(row['created_at'])),
    lastUsedAt: row['last_used_at'] == null ? undefined : new Date(Number(row['last_used_at'])),
  };
  if (row['kind'] === 'totp')
    return {
      ...base,
      kind: 'totp',
      sealedSecret: row['sealed_secret'] as Buffer,
      confirmed: row['confirmed'] === true,
    };
  return { ...base, kind: 'passkey', ...credentialOf(row) };
}

function credentialOf(row: Row): Omit<PasskeyFactor, 'kind' | 'id' | 'subject' | 'createdAt'> {
  return {
    credentialId: String(row['credential_id']),
    publicKey: row['public_key'] as Buffer,
    counter: Number(row['counter']),
    transports: Array.isArray(row['transports']) ? row['transports'].map(String) : [],
    backupEligible: row['backup_eligible'] === true,
    backedUp: row['backed_up'] === true,
  };
}

export async function insertTotp(
  tx: Transaction,
  { factors }: AuthSchema,
  totp: NewTotp,
): Promise<void> {
  await rows(
    tx,
    sql`delete from ${factors} where subject = ${totp.subject} and kind = 'totp' and confirmed_at is null`,
  );
  await rows(
    tx,
    sql`insert into ${factors} (id, subject, kind, name, sealed_secret)
      values (${totp.id}, ${totp.subject}, 'totp', ${totp.name ?? null}, ${totp.sealedSecret}::bytea)`,
  );
}

/**
 * Call this with the subject locked. Returns false if the change does not fit the stored factors.
 */
export async function act(
  tx: Transaction,
  schema: AuthSchema,
  subject: string,
  given: FactorAct,
): Promise<boolean> {
  const { factors } = schema;
  switch (given.kind) {
    case 'totp_added': {
      const confirmed = await rows(
        tx,
        sql`update ${factors} set confirmed_at = clock_timestamp(), last_used_at = clock_timestamp(), last_step = ${given.step}::bigint
          where id = ${given.id} and subject = ${subject} and kind = 'totp' and confirmed_at is null returning id`,
      );
      if (confirmed.length > 0 && given.codes) await replaceCodes(tx, schema, subject, given.codes);
      return confirmed.length > 0;
    }
    case 'passkey_added':
      return insertPasskey(tx, schema, given.passkey);
    case 'removed': {
      const gone = await rows(
        tx,
        sql`delete from ${factors} where id = ${given.id} and subject = ${subject} returning id`,
      );
      await rows(
        tx,
        sql`delete from ${schema.recoveryCodes} where subject = ${subject} and not exists (
          select 1 from ${factors} where subject = ${subject} and (kind <> 'totp' or confirmed_at is not null))`,
      );
      return gone.length > 0;
    }
    case 'recovery_codes_renewed':
      await replaceCodes(tx, schema, subject, given.codes);
      return true;
  }
}

async function insertPasskey(
  tx: Transaction,
  { factors }: AuthSchema,
  passkey: NewPasskey,
): Promise<boolean> {
  const {
    id,
    subject,
    name = null,
    credentialId,
    publicKey,
    counter,
    backupEligible,
    backedUp,
  } = passkey;
  const transports = JSON.stringify(passkey.transports);
  const added = await rows(
    tx,
    sql`insert into ${factors} (id, subject, kind, name, confirmed_at, credential_id, public_key, counter, transports, backup_eligible, backed_up)
      values (${id}, ${subject}, 'passkey', ${name}, clock_timestamp(), ${credentialId}, ${publicKey}::bytea, ${counter}::bigint,
        ${transports}::jsonb, ${backupEligible}, ${backedUp})
      on conflict do nothing returning id`,
  );
  return added.length > 0;
}

async function replaceCodes(
  tx: Transaction,
  { recoveryCodes }: AuthSchema,
  subject: string,
  codes: readonly Buffer[],
): Promise<void> {
  await rows(tx, sql`delete from ${recoveryCodes} where subject = ${subject}`);
  const hashes = JSON.stringify(codes.map((hash) => hash.toString('hex')));
  await rows(
    tx,
    sql`insert into ${recoveryCodes} (hash, subject)
      select decode(hash, 'hex'), ${subject} from jsonb_array_elements_text(${hashes}::jsonb) hash`,
  );
}

/**
 * Call this with the subject locked. Returns how many factors were in use; a secret that waits for
 * its first code does not count.
 */
export async function removeFactorsOf(
  tx: Transaction,
  schema: AuthSchema,
  subject: string,
): Promise<number> {
  const gone = await rows(
    tx,
    sql`delete from ${schema.factors} where subject = ${subject} returning kind <> 'totp' or confirmed_at is not null as counts`,
  );
  await rows(tx, sql`delete from ${schema.recoveryCodes} where subject = ${subject}`);
  return gone.filter((row) => row['counts'] === true).length;
}
