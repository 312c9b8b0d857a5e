import { type SQL, sql } from 'drizzle-orm';
import type { NewTotp, PasskeyFactor } from '../storage/factor.js';
import {
  type FactorChange,
  type FactorChangeOutcome,
  type Factors,
  FactorStore,
} from '../storage/factor-store.port.js';
import type { HostTransaction } from '../storage/sql-transaction.port.js';
import type { AuthDatabase } from './auth-database.js';
import { changeCredentials } from './credential-change.js';
import { type Row, rows, type Transaction } from './database.js';
import { act, FACTOR_COLUMNS, insertTotp, toFactor } from './factor-rows.js';
import { asTransaction } from './host-transaction.js';
import type { OwnTransaction } from './own-transaction.js';
import type { AuthSchema } from './schema.js';
import { lockSubject } from './subject-row.js';
import { toCounters } from './session-rows.js';

export interface DrizzleFactorStoreOptions {
  /** `on`: the store records its changes in the audit trail. */
  readonly audit: 'on' | 'off';
  readonly deadlineMs: number;
}

/** `FactorStore` on PostgreSQL. Locks: the subject, its factors, its sessions. */
export class DrizzleFactorStore extends FactorStore {
  private readonly schema: AuthSchema;

  constructor(
    private readonly database: AuthDatabase,
    private readonly options: DrizzleFactorStoreOptions,
  ) {
    super();
    this.schema = database.tables;
  }

  async of(subject: string): Promise<Factors> {
    const { factors, recoveryCodes, subjects } = this.schema;
    const found = await this.query(
      'read the factors',
      () => sql`select coalesce(u.token_version, 1) as token_version, coalesce(u.session_epoch, 1) as session_epoch,
          (select count(*) from ${recoveryCodes} c where c.subject = q.subject)::int as codes, ${FACTOR_COLUMNS}
        from (select ${subject}::text as subject) q left join ${subjects} u on u.subject = q.subject
          left join ${factors} f on f.subject = q.subject order by f.created_at, f.id`,
    );
    const [first] = found;
    return {
      all: found.filter((row) => row['id'] != null).map(toFactor),
      recoveryCodesLeft: Number(first?.['codes'] ?? 0),
      state: toCounters(first),
    };
  }

  async findPasskey(credentialId: string): Promise<PasskeyFactor | undefined> {
    const [row] = await this.query(
      'find a passkey',
      () =>
        sql`select ${FACTOR_COLUMNS} from ${this.schema.factors} f where f.credential_id = ${credentialId}`,
    );
    const factor = row && toFactor(row);
    return factor?.kind === 'passkey' ? factor : undefined;
  }

  propose(totp: NewTotp): Promise<void> {
    return this.transaction('propose a factor', async (tx) => {
      // of two proposals at the same time one remains
      await lockSubject(tx, this.schema, totp.subject);
      await insertTotp(tx, this.schema, totp);
    });
  }

  change(change: FactorChange): Promise<FactorChangeOutcome> {
    const { schema } = this;
    const audit = this.options.audit === 'on' ? schema.audit : undefined;
    const tables = { revocations: schema.revocations, audit };
    return this.transaction('change a factor', (tx) =>
      changeCredentials(tx, schema, tables, change, () =>
        act(tx, schema, change.subject, change.act),
      ),
    );
  }

  useStep(id: string, step: number, tx?: HostTransaction): Promise<boolean> {
    return this.used(
      sql`update ${this.schema.factors} set last_step = ${step}::bigint, last_used_at = clock_timestamp()
        where id = ${id} and confirmed_at is not null and last_step < ${step}::bigint returning id`,
      tx,
    );
  }

  usePasskey(
    id: string,
    { counter, backedUp }: { readonly counter: number; readonly backedUp: boolean },
  ): Promise<boolean> {
    return this.used(
      sql`update ${this.schema.factors} set counter = ${counter}::bigint, backed_up = ${backedUp}, last_used_at = clock_timestamp()
        where id = ${id} and (counter < ${counter}::bigint or (counter = 0 and ${counter}::bigint = 0)) returning id`,
    );
  }

  async hasRecoveryCode(subject: string, hash: Buffer): Promise<boolean> {
    const found = await this.query(
      'find a recovery code',
      () => sql`select 1 from ${this.schema.recoveryCodes} where ${isCode(subject, hash)}`,
    );
    return found.length > 0;
  }

  useRecoveryCode(subject: string, hash: Buffer, tx?: HostTransaction): Promise<boolean> {
    return this.used(
      sql`delete from ${this.schema.recoveryCodes} where ${isCode(subject, hash)} returning 1`,
      tx,
    );
  }

  async reseal(id: string, from: Buffer, to: Buffer): Promise<void> {
    await this.used(
      sql`update ${this.schema.factors} set sealed_secret = ${to}::bytea where id = ${id} and sealed_secret = ${from}::bytea returning id`,
    );
  }

  /** In a transaction, so that nothing is committed for a caller who has left. */
  private used(statement: SQL, tx?: HostTransaction): Promise<boolean> {
    const what = 'use a factor';
    const use = async (runner: Transaction) => (await rows(runner, statement)).length > 0;
    return tx
      ? this.database.joining(what, this.options.deadlineMs, () => use(asTransaction(tx)))
      : this.transaction(what, use);
  }

  private query(what: string, statement: () => SQL): Promise<readonly Row[]> {
    return this.database.read(what, this.options.deadlineMs, statement);
  }

  private transaction<T>(what: string, work: (tx: OwnTransaction) => Promise<T>): Promise<T> {
    return this.database.transaction(what, this.options.deadlineMs, work);
  }
}

function isCode(subject: string, hash: Buffer): SQL {
  return sql`hash = ${hash}::bytea and subject = ${subject}`;
}
