import { normaliseEmail } from '../common/normalise-email.js';
import type { Entropy } from '../common/entropy.js';
import type { AccountDirectory } from '../storage/account-directory.port.js';
import type { HostTransaction } from '../storage/sql-transaction.port.js';
import {
  ambiguousUser,
  type CreateUserOutcome,
  type LoginCandidate,
  type NewUser,
  UserDirectory,
} from '../storage/user-directory.port.js';
import { asMemoryTransaction, type MemoryDatabase, type UserRow } from './memory-database.js';

export interface MemoryUser {
  /** Default: a UUID. */
  readonly id?: string;
  /** Default: one made from the id. */
  readonly email?: string;
  /** The identifier of the user, if `identifier.name` is not the email. */
  readonly identifier?: string;
  /** The tenant of the user. Default: none. */
  readonly tenant?: string;
  readonly name?: string;
  readonly role?: string;
  readonly permissions?: readonly string[];
  readonly disabled?: 'disabled' | 'enabled';
  /** Default false. */
  readonly emailVerified?: boolean;
  /** PHC string. Undefined: the user cannot sign in by password. */
  readonly passwordHash?: string;
}

/** Users in the memory of one process, for tests. */
export class MemoryUserDirectory extends UserDirectory {
  override readonly accounts: AccountDirectory;

  constructor(
    private readonly database: MemoryDatabase,
    private readonly entropy: Entropy,
  ) {
    super();
    this.accounts = {
      setPasswordHash: async (id, passwordHash, tx) => this.change(id, { passwordHash }, tx),
      verifyEmail: async (id, email, tx) =>
        this.has(id, email) && this.change(id, { emailVerified: true }, tx),
      changeEmail: async (id, { from, to }, tx) => {
        const owner = this.one('email', to, this.database.users.get(id)?.tenant);
        if (owner && owner.account.id !== id) return 'taken';
        const changed =
          this.has(id, from) && this.change(id, { email: to, emailVerified: true }, tx);
        return changed ? 'changed' : 'superseded';
      },
    };
  }

  /** Adds a user, or replaces the one of that id; returns its id. */
  set(user: MemoryUser): string {
    const id = user.id ?? this.entropy.uuid();
    const {
      email,
      name,
      role,
      permissions,
      passwordHash,
      disabled,
      identifier,
      tenant,
      emailVerified,
    } = user;
    this.database.users.set(id, {
      id,
      name,
      role,
      passwordHash,
      email: email ?? `${id}@test.invalid`,
      permissions: [...(permissions ?? [])],
      disabled: disabled === 'disabled',
      ...(identifier !== undefined && { identifier }),
      ...(tenant !== undefined && { tenant }),
      ...(emailVerified && { emailVerified }),
    });
    return id;
  }

  remove(id: string): void {
    this.database.users.delete(id);
  }

  async findByEmail(email: string, tenant?: string): Promise<LoginCandidate | undefined> {
    return this.one('email', email, tenant);
  }

  override async findByIdentifier(
    identifier: string,
    tenant?: string,
  ): Promise<LoginCandidate | undefined> {
    return this.one('identifier', identifier, tenant);
  }

  async findById(id: string): Promise<LoginCandidate | undefined> {
    const user = this.database.users.get(id);
    return user && this.candidate(user);
  }

  async replacePasswordHash(
    id: string,
    expected: string,
    next: string,
    tx?: HostTransaction,
  ): Promise<boolean> {
    if (this.database.users.get(id)?.passwordHash !== expected) return false;
    return this.change(id, { passwordHash: next }, tx);
  }

  override async create(user: NewUser): Promise<CreateUserOutcome> {
    // nothing awaits between the look and the writing
    const { email, identifier, tenant } = user;
    const there =
      identifier === undefined
        ? this.one('email', email, tenant)
        : this.one('identifier', identifier, tenant);
    if (there) return { kind: 'taken' };
    const created = await this.findById(this.set(user));
    return created ? { kind: 'created', account: created.account } : { kind: 'taken' };
  }

  private has(id: string, email: string): boolean {
    return normaliseEmail(this.database.users.get(id)?.email ?? '') === normaliseEmail(email);
  }

  private change(id: string, changes: Partial<UserRow>, tx: HostTransaction | undefined): boolean {
    const user = this.database.users.get(id);
    if (!user) return false;
    const changed = { ...user, ...changes };
    if (tx) asMemoryTransaction(tx).put(this.database.users, id, changed);
    else this.database.users.set(id, changed);
    return true;
  }

  private one(
    by: 'email' | 'identifier',
    name: string,
    tenant: string | undefined,
  ): LoginCandidate | undefined {
    const called = normaliseEmail(name);
    const users = [...this.database.users.values()].filter((user) => {
      const own = user[by];
      return own !== undefined && normaliseEmail(own) === called && user.tenant === tenant;
    });
    const [found, another] = users.map((user) => this.candidate(user));
    if (found && another) throw ambiguousUser(found, another);
    return found;
  }

  private candidate(user: UserRow): LoginCandidate {
    const { passwordHash, ...account } = user;
    return { account, passwordHash, subject: this.database.subject(user.id) };
  }
}
