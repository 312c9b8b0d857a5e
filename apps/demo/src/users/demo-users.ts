import { randomBytes } from 'node:crypto';
import type { PasswordHasher } from '@tokenward/nestjs';
import { sql } from 'drizzle-orm';
import type { DemoDatabase } from '../database/database.module.js';
import { users } from '../database/schema.js';

export interface DemoUser {
  readonly email: string;
  readonly password: string;
  readonly role: string;
}

const LOCK = 6_113_508_205;

/**
 * Creates the configured users that do not exist yet. With none configured and an empty table, it creates two with
 * random passwords, which are printed once. They are printed before the commit, so that a kill in between leaves no
 * user with an unknown password.
 */
export async function seedUsers(
  database: DemoDatabase,
  hasher: PasswordHasher,
  configured: readonly DemoUser[] | undefined,
  print: (line: string) => void,
): Promise<void> {
  const wanted = configured ?? [
    randomUser('admin@example.com', 'admin'),
    randomUser('user@example.com', 'user'),
  ];
  await database.transaction(async (tx) => {
    // processes that start together take turns, and hashing takes its time
    await tx.execute(sql`set local lock_timeout = '60s'`);
    await tx.execute(sql`set local statement_timeout = '60s'`);
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`);
    const present = await tx.select({ email: users.email }).from(users);
    if (!configured && present.length > 0) return;
    const taken = new Set(present.map(({ email }) => email));
    for (const { email, password, role } of wanted) {
      if (taken.has(email.toLowerCase())) continue;
      const passwordHash = await hasher.hash(password);
      const made = { email: email.toLowerCase(), passwordHash, role, emailVerified: true };
      await tx.insert(users).values(made).onConflictDoNothing();
      if (!configured) print(`${email} ${password} ${role}`);
    }
  });
}

function randomUser(email: string, role: string): DemoUser {
  return { email, password: randomBytes(12).toString('base64url'), role };
}
