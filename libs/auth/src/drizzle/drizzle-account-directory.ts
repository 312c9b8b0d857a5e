import { type SQL, sql } from 'drizzle-orm';
import type { AccountDirectory } from '../storage/account-directory.port.js';
import type { HostTransaction } from '../storage/sql-transaction.port.js';
import type { AuthDatabase } from './auth-database.js';
import { rows, type Transaction } from './database.js';
import { NOT_HELD, sqlState, UNIQUE_VIOLATION } from './guarded.js';
import { asTransaction } from './host-transaction.js';
import { isSpelled } from './spellings.js';
import { idFrom, type NamedUsers, usersFrom, widthOf } from './user-columns.js';

type EmailVerified = NonNullable<NamedUsers['emailVerified']>;

/** `AccountDirectory` on the host's users table. */
export class DrizzleAccountDirectory implements AccountDirectory {
  readonly longestEmail?: number;

  constructor(
    private readonly database: AuthDatabase,
    private readonly users: NamedUsers,
    private readonly emailVerified: EmailVerified,
    private readonly deadlineMs: number,
  ) {
    const width = widthOf(users.email);
    if (width !== undefined) this.longestEmail = width;
  }

  async setPasswordHash(id: string, hash: string, tx?: HostTransaction): Promise<boolean> {
    const { passwordHash } = this.users;
    const set = sql`${sql.identifier(passwordHash.name)} = ${hash}`;
    return this.changes('store a password hash', () => this.update(set, this.isUser(id)), tx);
  }

  async verifyEmail(id: string, email: string, tx?: HostTransaction): Promise<boolean> {
    const where = () => sql`${this.isUser(id)} and ${this.hasEmail(email)}`;
    return this.changes('verify an email', () => this.update(this.verified, where()), tx);
  }

  async changeEmail(
    id: string,
    { from, to }: { readonly from: string; readonly to: string },
    tx?: HostTransaction,
  ): Promise<'changed' | 'taken' | 'superseded' | 'unfit'> {
    const { email, id: key } = this.users;
    const what = 'change an email';
    // the column's unique index may be case-sensitive
    const taken = () => sql`select 1 from ${usersFrom(this.users)} a where ${this.hasEmail(to)}
      and a.${sql.identifier(key.name)} <> ${idFrom(this.users, sql`${id}`)} ${this.ofTheSameTenant(id)} limit 1`;
    const set = sql`${sql.identifier(email.name)} = ${to}, ${this.verified}`;
    const update = () => this.update(set, sql`${this.isUser(id)} and ${this.hasEmail(from)}`);
    const change = async (runner: Transaction) => {
      if ((await rows(runner, taken())).length > 0) return 'taken';
      return (await rows(runner, update())).length > 0 ? 'changed' : 'superseded';
    };
    return this.run(what, change, tx).catch((error: unknown) => {
      const state = sqlState(error) ?? '';
      if (state === UNIQUE_VIOLATION) return 'taken';
      if (NOT_HELD.test(state)) return 'unfit';
      throw error;
    });
  }

  private get verified(): SQL {
    const { name } = this.emailVerified;
    const isFlag = this.emailVerified.getSQLType() === 'boolean';
    return sql`${sql.identifier(name)} = ${isFlag ? sql`true` : sql`coalesce(a.${sql.identifier(name)}, now())`}`;
  }

  private isUser(id: string): SQL {
    return sql`a.${sql.identifier(this.users.id.name)} = ${idFrom(this.users, sql`${id}`)}`;
  }

  private hasEmail(email: string): SQL {
    // who has none has it as null or as an empty text
    if (email === '') return sql`coalesce(a.${sql.identifier(this.users.email.name)}, '') = ''`;
    return isSpelled(this.users.email, email, this.database.reach);
  }

  private ofTheSameTenant(id: string): SQL {
    const { table, tenant, id: key } = this.users;
    if (!tenant) return sql``;
    const name = sql.identifier(tenant.name);
    return sql`and a.${name} is not distinct from
      (select own.${name} from ${table} own where own.${sql.identifier(key.name)} = ${idFrom(this.users, sql`${id}`)})`;
  }

  private update(set: SQL, where: SQL): SQL {
    const { table, id, where: condition } = this.users;
    const key = sql.identifier(id.name);
    // a row that the host's condition hides cannot be changed
    const shown = condition
      ? sql`and exists (select 1 from ${usersFrom(this.users)} shown where shown.${key} = a.${key})`
      : sql``;
    return sql`update ${table} a set ${set} where ${where} ${shown} returning 1`;
  }

  private async changes(
    what: string,
    statement: () => SQL,
    tx: HostTransaction | undefined,
  ): Promise<boolean> {
    return (await this.run(what, (runner) => rows(runner, statement()), tx)).length > 0;
  }

  private run<T>(
    what: string,
    work: (tx: Transaction) => Promise<T>,
    tx: HostTransaction | undefined,
  ): Promise<T> {
    return tx
      ? this.database.joining(what, this.deadlineMs, () => work(asTransaction(tx)))
      : this.database.transaction(what, this.deadlineMs, work);
  }
}
