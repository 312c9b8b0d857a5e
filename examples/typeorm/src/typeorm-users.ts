import { type HostTransaction, type LoginCandidate, UserDirectory } from '@tokenward/nestjs';
import { ambiguousUser } from '@tokenward/nestjs/storage';
import { sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { type DataSource, IsNull, type Repository } from 'typeorm';
import { Member } from './member.entity.js';

/** Users that TypeORM keeps. What it throws is a 503: it never says "no such user" when it does not know. */
export class TypeormUsers extends UserDirectory {
  private readonly members: Repository<Member>;

  constructor(dataSource: DataSource) {
    super();
    this.members = dataSource.getRepository(Member);
  }

  /** `email` comes in lower case; the index on `lower(email)` serves. Two rows are nobody. */
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

  /** A token of another system may bring any text as an id. */
  async findById(id: string): Promise<LoginCandidate | undefined> {
    if (!/^[1-9]\d{0,8}$/.test(id)) return undefined;
    const member = await this.members.findOneBy({ id: Number(id) });
    return member ? candidate(member) : undefined;
  }

  /** In Tokenward's transaction where there is one: the new hash and the end of the other sessions stand or fall together. */
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
