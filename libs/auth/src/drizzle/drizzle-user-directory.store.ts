import { sql, type SQL } from 'drizzle-orm';
import { AuthError } from '../common/auth-error.js';
import type { HostTransaction } from '../storage/host-transaction.js';
import {
  ambiguousUser,
  type CreateUserOutcome,
  type LoginCandidate,
  type NewUser,
  UserDirectory,
} from '../storage/user-directory.port.js';
import { AuthDatabase } from './auth-database.js';
import { type Database, type Row, rows, type Transaction } from './database.js';
import { noneIfUnwritable, sqlState } from './guarded.js';
import { asTransaction } from './host-transaction.js';
import type { AuthSchema } from './schema.js';
import {
  accountColumns,
  idFrom,
  namedUsers,
  type NamedUsers,
  toFacts,
  type UserColumns,
} from './user-columns.js';

export interface DrizzleUserDirectoryOptions {
  readonly users: UserColumns;
  readonly deadlineMs: number;
}

const STORE = 'store a password hash';
const UNIQUE_VIOLATION = '23505';

/** `UserDirectory` on the host's own table; the subject's counters come in the same query as the password hash. */
export class DrizzleUserDirectory extends UserDirectory {
  private readonly database: AuthDatabase;
  private readonly users: NamedUsers;
  private readonly deadlineMs: number;

  constructor(db: Database | AuthDatabase, schema: AuthSchema, options: DrizzleUserDirectoryOptions) {
    super();
    const { users, deadlineMs } = options;
    this.database =
      db instanceof AuthDatabase ? db : new AuthDatabase(db, schema, { users, tables: ['subjects'] });
    this.users = this.database.users ?? namedUsers(this.database.db, users);
    this.deadlineMs = deadlineMs;
  }

  /** Compared in lower case, whatever the column holds: an index on `lower(email)` serves. */
  findByEmail(email: string): Promise<LoginCandidate | undefined> {
    return this.find(sql`lower(a.${sql.identifier(this.users.email.name)}) = ${email}`);
  }

  findById(id: string, tx?: HostTransaction): Promise<LoginCandidate | undefined> {
    const { users } = this;
    return this.find(sql`a.${sql.identifier(users.id.name)} = ${idFrom(users, sql`${id}`)}`, tx);
  }

  async replacePasswordHash(
    id: string,
    expected: string,
    next: string,
    tx?: HostTransaction,
  ): Promise<boolean> {
    const { users } = this;
    const hash = sql.identifier(users.passwordHash.name);
    const update = (runner: Transaction) =>
      rows(
        runner,
        sql`update ${users.table} a set ${hash} = ${next}
          where a.${sql.identifier(users.id.name)} = ${idFrom(users, sql`${id}`)} and a.${hash} = ${expected} returning 1`,
      );
    const changed = await (tx
      ? this.database.joining(STORE, this.deadlineMs, () => update(asTransaction(tx)))
      : this.database.transaction(STORE, this.deadlineMs, update));
    return changed.length > 0;
  }

  override async create(user: NewUser): Promise<CreateUserOutcome> {
    const { users } = this;
    // the column may be unique by case only
    if (await this.findByEmail(user.email)) return { kind: 'taken' };
    const given: [string, string][] = [
      [users.email.name, user.email],
      [users.passwordHash.name, user.passwordHash],
    ];
    if (users.name && user.name !== undefined) given.push([users.name.name, user.name]);
    if (users.role && user.role !== undefined) given.push([users.role.name, user.role]);
    const columns = sql.join(
      given.map(([name]) => sql.identifier(name)),
      sql`, `,
    );
    const values = sql.join(
      given.map(([, value]) => sql`${value}`),
      sql`, `,
    );
    const insert = sql`insert into ${users.table} as a (${columns}) values (${values}) returning ${accountColumns(users)}`;
    const created = await this.database
      .transaction('create a user', this.deadlineMs, (tx) => rows(tx, insert))
      .catch((error: unknown) => {
        if (sqlState(error) === UNIQUE_VIOLATION) return [];
        throw error;
      });
    return created[0] ? { kind: 'created', account: toCandidate(created[0]).account } : { kind: 'taken' };
  }

  private async find(where: SQL, tx?: HostTransaction): Promise<LoginCandidate | undefined> {
    const { users } = this;
    const statement = () =>
      sql`select ${accountColumns(users)}, coalesce(u.token_version, 1) as token_version, coalesce(u.session_epoch, 1) as session_epoch,
          pg_is_in_recovery() as standby
        from ${users.table} a left join ${this.database.tables.subjects} u on u.subject = a.${sql.identifier(users.id.name)}::text
        where ${where} limit 2`;
    const found = await this.database
      .read('look a user up', this.deadlineMs, statement, tx)
      .catch(noneIfUnwritable);
    if (found[0]?.['standby'] === true)
      throw AuthError.unavailable('look a user up: the database is a standby');
    const [candidate, another] = found.map(toCandidate);
    if (candidate && another) throw ambiguousUser(candidate, another);
    return candidate;
  }
}

function toCandidate(row: Row): LoginCandidate {
  const { name, password_hash: hash } = row;
  return {
    account: {
      id: String(row['user_id']),
      email: String(row['email']),
      ...(typeof name === 'string' ? { name } : {}),
      ...toFacts(row),
    },
    passwordHash: typeof hash === 'string' ? hash : undefined,
    ...(row['token_version'] === undefined
      ? {}
      : { subject: { tokenVersion: Number(row['token_version']), epoch: Number(row['session_epoch']) } }),
  };
}
