import { type HostTransaction, type LoginCandidate, UserDirectory } from '@tokenward/nestjs';
import { ambiguousUser } from '@tokenward/nestjs/storage';
import { sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Account, AccountsClient } from './accounts-client.js';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Users in Prisma. An error becomes a 503, so an outage never means "no such user". */
export class PrismaUsers extends UserDirectory {
  constructor(private readonly prisma: AccountsClient) {
    super();
  }

  /**
   * `email` comes in lower case. Not `mode: 'insensitive'`: Prisma makes `ILIKE` of it, in which `_` and `%` stand for
   * any character, and which uses no index. If two rows have the email, neither is returned.
   */
  async findByEmail(email: string): Promise<LoginCandidate | undefined> {
    if (email.includes('\0')) return undefined;
    const found = (await this.prisma.$queryRawUnsafe(
      `select id::text, email, name, password_hash as "passwordHash", role from accounts
        where lower(email) = $1 and deleted_at is null limit 2`,
      email,
    )) as readonly Account[];
    const [one, another] = found.map(candidate);
    if (one && another) throw ambiguousUser(one, another);
    return one;
  }

  /** A token of another system may have any text as an id. */
  async findById(id: string): Promise<LoginCandidate | undefined> {
    if (!UUID.test(id)) return undefined;
    const account = await this.prisma.account.findFirst({ where: { id, deletedAt: null } });
    return account ? candidate(account) : undefined;
  }

  /**
   * Uses Tokenward's transaction if there is one, so that the new hash and the end of the other sessions are atomic.
   */
  async replacePasswordHash(
    id: string,
    expected: string,
    next: string,
    tx?: HostTransaction,
  ): Promise<boolean> {
    if (!UUID.test(id)) return false;
    if (tx) {
      const written = await (tx as NodePgDatabase).execute(
        sql`update accounts set password_hash = ${next} where id = ${id}::uuid and password_hash = ${expected} and deleted_at is null`,
      );
      return written.rowCount === 1;
    }
    const { count } = await this.prisma.account.updateMany({
      where: { id, deletedAt: null, passwordHash: expected },
      data: { passwordHash: next },
    });
    return count === 1;
  }
}

function candidate({ id, email, name, role, passwordHash }: Account): LoginCandidate {
  return {
    account: { id, email, ...(name !== null && { name }), role, permissions: [], disabled: false },
    passwordHash: passwordHash ?? undefined,
  };
}
