import { Column, DeleteDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('members')
export class Member {
  @PrimaryGeneratedColumn()
  id!: number;

  /** As the user typed it: `Ada@Example.com`. */
  @Column('varchar')
  email!: string;

  @Column('text', { name: 'full_name', nullable: true })
  fullName!: string | null;

  @Column('varchar', { name: 'password_hash', nullable: true })
  passwordHash!: string | null;

  @Column('text')
  role!: string;

  /** TypeORM omits rows in which it is set. */
  @DeleteDateColumn({ name: 'deleted_at', type: 'timestamptz' })
  deletedAt!: Date | null;
}
