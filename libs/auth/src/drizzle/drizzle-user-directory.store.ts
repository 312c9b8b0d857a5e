import { sql, type SQL } from 'drizzle-orm';
import { AuthError } from '../common/auth-error.js';
import { normaliseEmail } from '../common/normalise-email.js';
import type { HostTransaction } from '../storage/sql-transaction.port.js';
import {
  ambiguousUser,
  type CreateUserOutcome,
  type LoginCandidate,
  type NewUser,
  UserDirectory,
} from '../storage/user-directory.port.js';
import { AuthDatabase } from './auth-database.js';
import { type Database, type Row, rows, type Transaction } from './database.js';
import { DrizzleAccountDirectory } from './drizzle-account-directory.js';
import { FurtherColumns } from './further-columns.js';
import {
  isForeignCharacter,
  NOT_HELD,
  noneIfUnwritable,
  sqlState,
  UNIQUE_VIOLATION,
} from './guarded.js';
import { asTransaction } from './host-transaction.js';
import type { AuthSchema } from './schema.js';
import { toCounters } from './session-rows.js';
import { isPlainly, isSpelled, type Reach } from './spellings.js';
import {
  accountColumns,
  idFrom,
  type Named,
  namedUsers,
  type NamedUsers,
  toFacts,
  type UserColumns,
  usersFrom,
  valueFor,
} from './user-columns.js';

export interface DrizzleUserDirectoryOptions {
  readonly users: UserColumns;
  readonly deadlineMs: number;
}

const STORE = 'store a password hash';
/** More rows than one name has spellings: with a unique index there cannot be so many. */
const MOST_SPELLINGS = 40;

/** `UserDirectory` on the host's users table. One query returns the subject's counters and the password hash. */
export class DrizzleUserDirectory extends UserDirectory {
  override readonly accounts?: DrizzleAccountDirectory;
  private readonly database: AuthDatabase;
  private readonly users: NamedUsers;
  private readonly deadlineMs: number;
  private readonly further: FurtherColumns;
  override readonly tenants: 'kept' | 'none';
  override readonly findByIdentifier?: NonNullable<UserDirectory['findByIdentifier']>;

  constructor(
    db: Database | AuthDatabase,
    schema: AuthSchema,
    options: DrizzleUserDirectoryOptions,
  ) {
    super();
    const { users, deadlineMs } = options;
    this.database =
      db instanceof AuthDatabase
        ? db
        : new AuthDatabase(db, schema, { users, tables: ['subjects'] });
    this.users = this.database.users ?? namedUsers(this.database.db, users);
    this.deadlineMs = deadlineMs;
    this.further = new FurtherColumns(this.database.db, this.users);
    this.tenants = users.tenant ? 'kept' : 'none';
    const { identifier, emailVerified } = this.users;
    if (identifier)
      this.findByIdentifier = (named, tenant) =>
        this.called('identifier', identifier, named, tenant);
    this.accounts =
      emailVerified &&
      new DrizzleAccountDirectory(this.database, this.users, emailVerified, deadlineMs);
  }

  /** Compares in lower case and normalised, so that an index on `lower(email)` is used. */
  findByEmail(email: string, tenant?: string): Promise<LoginCandidate | undefined> {
    return this.called('email', this.users.email, email, tenant);
  }

  async findById(id: string, tx?: HostTransaction): Promise<LoginCandidate | undefined> {
    const { users } = this;
    const where = () => sql`a.${sql.identifier(users.id.name)} = ${idFrom(users, sql`${id}`)}`;
    return oneOf(await this.rows({ where, limit: 2 }, tx));
  }

  async replacePasswordHash(
    id: string,
    expected: string,
    next: string,
    tx?: HostTransaction,
  ): Promise<boolean> {
    const { users } = this;
    const [hash, own] = [users.passwordHash, users.id].map(({ name }) => sql.identifier(name));
    const update = (runner: Transaction) =>
      rows(
        runner,
        sql`update ${users.table} set ${hash} = ${next} from ${usersFrom(users)} a
          where ${users.table}.${own} = a.${own} and a.${own} = ${idFrom(users, sql`${id}`)}
            and ${users.table}.${hash} = ${expected} returning 1`,
      );
    const changed = await (tx
      ? this.database.joining(STORE, this.deadlineMs, () => update(asTransaction(tx)))
      : this.database.transaction(STORE, this.deadlineMs, update));
    return changed.length > 0;
  }

  override async create(user: NewUser): Promise<CreateUserOutcome> {
    const { users } = this;
    const { email, identifier, tenant, passwordHash, name, role } = user;
    const further = this.further.read(user.fields ?? {});
    // the column's unique index may be case-sensitive
    const there = identifier === undefined ? email : undefined;
    if (there !== undefined && (await this.findByEmail(there, tenant))) return { kind: 'taken' };
    if (identifier !== undefined && (await this.findByIdentifier?.(identifier, tenant)))
      return { kind: 'taken' };
    const given = [
      [users.email, email === '' ? undefined : email],
      [users.identifier, identifier],
      [users.tenant, tenant],
      [users.passwordHash, passwordHash],
      [users.name, name],
      [users.role, role],
    ] as const;
    const written = [
      ...given.flatMap(([column, value]) =>
        column && value !== undefined ? [{ name: column.name, value: sql`${value}` }] : [],
      ),
      ...further,
    ];
    const columns = sql.join(
      written.map(({ name: each }) => sql.identifier(each)),
      sql`, `,
    );
    const values = sql.join(
      written.map(({ value }) => value),
      sql`, `,
    );
    const insert = sql`insert into ${users.table} as a (${columns}) values (${values}) returning ${accountColumns(users)}`;
    const created = await this.database
      .transaction('create a user', this.deadlineMs, (tx) => rows(tx, insert))
      .catch((error: unknown) => {
        const state = sqlState(error) ?? '';
        if (state === UNIQUE_VIOLATION) return [];
        if (NOT_HELD.test(state)) throw refusedValue(state);
        throw error;
      });
    return created[0]
      ? { kind: 'created', account: toCandidate(created[0]).account }
      : { kind: 'taken' };
  }

  /**
   * A collation may treat more texts as equal than sign-in does. Nobody may sign in as another
   * person because of that.
   */
  private async called(
    key: 'email' | 'identifier',
    column: Named,
    name: string,
    tenant: string | undefined,
  ): Promise<LoginCandidate | undefined> {
    const { tenant: kept } = this.users;
    // without a tenant no user matches
    const inIt = kept
      ? sql`a.${sql.identifier(kept.name)} = ${valueFor(kept, sql`${tenant ?? null}`)} and `
      : sql``;
    const found = await this.spelled(column, name, inIt);
    const theirs = found.filter(
      (row) => row['plainly'] === true || normaliseEmail(String(row[key])) === normaliseEmail(name),
    );
    // with so many rows not all of them were read
    return oneOf(found.length < MOST_SPELLINGS ? theirs : found);
  }

  private async spelled(column: Named, name: string, inIt: SQL): Promise<readonly Row[]> {
    const plainly = isPlainly(column, name);
    const find = (reach?: Reach) =>
      this.rows({
        where: () => sql`${inIt}${isSpelled(column, name, reach ?? this.database.reach)}`,
        limit: MOST_SPELLINGS,
        plainly,
      });
    return find()
      .catch((error: unknown) => (isForeignCharacter(error) ? find('itself') : raise(error)))
      .catch((error: unknown) => (isForeignCharacter(error) ? [] : raise(error)));
  }

  private async rows(
    { where, limit, plainly = sql`true` }: { where: () => SQL; limit: number; plainly?: SQL },
    tx?: HostTransaction,
  ): Promise<readonly Row[]> {
    const { users } = this;
    const statement = () =>
      sql`select ${accountColumns(users)}, coalesce(u.token_version, 1) as token_version, coalesce(u.session_epoch, 1) as session_epoch,
          ${plainly} as plainly
        from ${usersFrom(users)} a left join ${this.database.tables.subjects} u on u.subject = a.${sql.identifier(users.id.name)}::text
        where ${where()} limit ${limit}`;
    return this.database
      .read('look a user up', this.deadlineMs, statement, tx)
      .catch(noneIfUnwritable);
  }
}

function raise(error: unknown): never {
  throw error;
}

/** Throws `ambiguousUser` if there are two. */
function oneOf(found: readonly Row[]): LoginCandidate | undefined {
  const [candidate, another] = found.map(toCandidate);
  if (candidate && another) throw ambiguousUser(candidate, another);
  return candidate;
}

/**
 * An error of the registration, not an outage: waiting does not help. The server does not say which
 * value it refused.
 */
function refusedValue(state: string): AuthError {
  return new AuthError(
    'input_invalid',
    `create a user: ${state}, a value that the users table does not take`,
    {
      fields: { body: 'is not valid' },
    },
  );
}

function toCandidate(row: Row): LoginCandidate {
  const { name, identifier, password_hash: hash } = row;
  return {
    account: {
      id: String(row['user_id']),
      email: String(row['email'] ?? ''),
      ...(identifier == null ? {} : { identifier: String(identifier) }),
      ...(typeof name === 'string' ? { name } : {}),
      ...(row['email_verified'] === true ? { emailVerified: true } : {}),
      ...toFacts(row),
    },
    passwordHash: typeof hash === 'string' ? hash : undefined,
    ...(row['token_version'] === undefined ? {} : { subject: toCounters(row) }),
  };
}
