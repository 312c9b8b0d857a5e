import type { Entropy } from '../common/entropy.js';
import type { HostTransaction } from '../storage/host-transaction.js';
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
  readonly name?: string;
  readonly role?: string;
  readonly permissions?: readonly string[];
  readonly disabled?: 'disabled' | 'enabled';
  /** PHC string; none: the user cannot sign in by password. */
  readonly passwordHash?: string;
}

/** Users in the memory of one process, for tests. */
export class MemoryUserDirectory extends UserDirectory {
  constructor(
    private readonly database: MemoryDatabase,
    private readonly entropy: Entropy,
  ) {
    super();
  }

  /** Adds a user, or replaces the one of that id; returns its id. */
  set(user: MemoryUser): string {
    const id = user.id ?? this.entropy.uuid();
    const { email, name, role, permissions, passwordHash, disabled } = user;
    this.database.users.set(id, {
      ...{ id, name, role, passwordHash, email: email ?? `${id}@test.invalid` },
      ...{ permissions: [...(permissions ?? [])], disabled: disabled === 'disabled' },
    });
    return id;
  }

  remove(id: string): void {
    this.database.users.delete(id);
  }

  async findByEmail(email: string): Promise<LoginCandidate | undefined> {
    return this.one(email);
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
    const user = this.database.users.get(id);
    if (user?.passwordHash !== expected) return false;
    const changed = { ...user, passwordHash: next };
    if (tx) asMemoryTransaction(tx).put(this.database.users, id, changed);
    else this.database.users.set(id, changed);
    return true;
  }

  override async create(user: NewUser): Promise<CreateUserOutcome> {
    // nothing awaits between the look and the writing
    if (this.one(user.email)) return { kind: 'taken' };
    const created = await this.findById(this.set(user));
    return created ? { kind: 'created', account: created.account } : { kind: 'taken' };
  }

  private one(email: string): LoginCandidate | undefined {
    const users = [...this.database.users.values()].filter((user) => user.email.toLowerCase() === email);
    const [found, another] = users.map((user) => this.candidate(user));
    if (found && another) throw ambiguousUser(found, another);
    return found;
  }

  private candidate(user: UserRow): LoginCandidate {
    const { passwordHash, ...account } = user;
    return { account, passwordHash, subject: this.database.subject(user.id) };
  }
}
