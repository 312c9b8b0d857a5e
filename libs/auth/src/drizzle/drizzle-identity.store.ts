import { sql } from 'drizzle-orm';
import type { HostTransaction } from '../storage/sql-transaction.port.js';
import {
  type Identity,
  type IdentityChange,
  type IdentityChangeOutcome,
  type IdentityKey,
  IdentityStore,
} from '../storage/identity-store.port.js';
import type { ProviderSessionEnd } from '../storage/session.js';
import type { Ended } from '../storage/session-store.port.js';
import type { StoreChange } from '../storage/store-change.js';
import { identitiesForgotten } from '../storage/store-events.js';
import type { AuthDatabase } from './auth-database.js';
import { changeCredentials } from './credential-change.js';
import { rows, type Transaction } from './database.js';
import { asTransaction } from './host-transaction.js';
import { actOnIdentity, cameFrom, IDENTITY_COLUMNS, toIdentity } from './identity-rows.js';
import type { AuthSchema } from './schema.js';
import { endingsOf, markEnded, sessionEntries } from './marked-sessions.js';
import { endActingOf } from './session-endings.js';
import { lockSubject } from './subject-row.js';
import { type ChangeTables, writeChange } from './write-change.js';

export interface DrizzleIdentityStoreOptions {
  /** `on`: the store records its changes in the audit trail. */
  readonly audit: 'on' | 'off';
  readonly deadlineMs: number;
}

/** `IdentityStore` on PostgreSQL. Locks: the subject, its identities, its sessions. */
export class DrizzleIdentityStore extends IdentityStore {
  private readonly schema: AuthSchema;

  constructor(
    private readonly database: AuthDatabase,
    private readonly options: DrizzleIdentityStoreOptions,
  ) {
    super();
    this.schema = database.tables;
  }

  async find({ issuer, issuerSubject }: IdentityKey): Promise<Identity | undefined> {
    const [row] = await this.database.read(
      'find an identity',
      this.options.deadlineMs,
      () => sql`select ${IDENTITY_COLUMNS} from ${this.schema.identities} i
        where i.issuer = ${issuer} and i.issuer_subject = ${issuerSubject}`,
    );
    return row && toIdentity(row);
  }

  async of(subject: string): Promise<readonly Identity[]> {
    const found = await this.database.read(
      'list identities',
      this.options.deadlineMs,
      () => sql`select ${IDENTITY_COLUMNS} from ${this.schema.identities} i
        where i.subject = ${subject} order by i.linked_at, i.issuer, i.issuer_subject`,
    );
    return found.map(toIdentity);
  }

  endSessions(at: ProviderSessionEnd): Promise<Ended> {
    return this.database.transaction(
      'end sessions of a provider',
      this.options.deadlineMs,
      async (tx) => {
        const people = await this.lockedPeople(tx, at);
        const ended = await markEnded(tx, this.schema, cameFrom(at), 'provider_logout');
        const acting = await endActingOf(tx, this.schema, people, tx.nowMs);
        const done = {
          entries: [...sessionEntries(ended, tx.nowMs), ...acting.entries],
          events: [...endingsOf(ended, 'provider_logout'), ...acting.events],
        };
        await writeChange(tx, this.changeTables, done);
        return { sessions: ended.length, ...done };
      },
    );
  }

  change(change: IdentityChange): Promise<IdentityChangeOutcome> {
    const { schema } = this;
    const { subject, act } = change;
    return this.database.transaction('change an identity', this.options.deadlineMs, (tx) =>
      changeCredentials(tx, schema, this.changeTables, change, () =>
        actOnIdentity(tx, schema, subject, act),
      ),
    );
  }

  async removeUnproven(subject: string, tx?: HostTransaction): Promise<StoreChange> {
    const what = 'forget identities';
    const remove = async (runner: Transaction) => {
      await lockSubject(runner, this.schema, subject);
      const gone = await rows(
        runner,
        sql`delete from ${this.schema.identities} where subject = ${subject} and not proven returning 1`,
      );
      const done = { entries: [], events: identitiesForgotten(subject, gone.length) };
      await writeChange(runner, this.changeTables, done);
      return done;
    };
    const { deadlineMs } = this.options;
    return tx
      ? this.database.joining(what, deadlineMs, () => remove(asTransaction(tx)))
      : this.database.transaction(what, deadlineMs, remove);
  }

  /** Whose sessions will end. Always locked in the same order, as at the opening of a session. */
  private async lockedPeople(tx: Transaction, at: ProviderSessionEnd): Promise<readonly string[]> {
    const { schema } = this;
    const found = await rows(
      tx,
      sql`select distinct s.subject from ${schema.sessions} s where s.ended_at is null and ${cameFrom(at)}`,
    );
    const people = found.map(({ subject }) => String(subject)).sort();
    for (const each of people) await lockSubject(tx, schema, each);
    return people;
  }

  private get changeTables(): ChangeTables {
    const { revocations, audit } = this.schema;
    return { revocations, audit: this.options.audit === 'on' ? audit : undefined };
  }
}
