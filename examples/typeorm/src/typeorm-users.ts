import { type HostTransaction, type LoginCandidate, UserDirectory } from '@tokenward/nestjs';
import { ambiguousUser } from '@tokenward/nestjs/storage';
import { sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { type DataSource, IsNull, type Repository } from 'typeorm';
import { Member } from './member.entity.js';

/** Users in TypeORM. An error becomes a 503, so an outage never means "no such user". */
export class TypeormUsers extends UserDirectory {
  private readonly members: Repository<Member>;

  constructor(dataSource: DataSource) {
    super();
    this.members = dataSource.getRepository(Member);
  }

  /**
   * `email` is in lower case, so the index on `lower(email)` is used. If two rows have the email, neither is returned.
   */
  async findByEmail(email: string): Promise<LoginCandidate | undefined> {
    const found = await this.members
      .createQueryBuilder('member')
      .where('lower(member.email) = :email', { email })
      .take(2)
      .getMany();
    const [one, another] = found.map(candidate);
    if (one && another) throw ambiguousUser(one, another);
    return one;
  }

  /** A token of another system may have any text as an id. */
  async findById(id: string): Promise<LoginCandidate | undefined> {
    if (!/^[1-9]\d{0,8}$/.test(id)) return undefined;
    const member = await this.members.findOneBy({ id: Number(id) });
    return member ? candidate(member) : undefined;
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
    if (!/^[1-9]\d{0,8}$/.test(id)) return false;
    if (tx) {
      const written = await (tx as NodePgDatabase).execute(
        sql`update members set password_hash = ${next} where id = ${id}::int and password_hash = ${expected} and deleted_at is null`,
      );
      return written.rowCount === 1;
    }
    const { affected } = await this.members.update(
      { id: Number(id), passwordHash: expected, deletedAt: IsNull() },
      { passwordHash: next },
    );
    return affected === 1;
  }
}

function candidate({ id, email, fullName, role, passwordHash }: Member): LoginCandidate {
  return {
    account: {
      id: String(id),
      email,
      ...(fullName !== null && { name: fullName }),
      role,
      permissions: [],
      disabled: false,
    },
    passwordHash: passwordHash ?? undefined,
  };
}
