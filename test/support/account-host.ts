import { Module } from '@nestjs/common';
import { AuthModule, type AuthModuleOptions, PasswordHasher } from '@tokenward/nestjs';
import { drizzleStorage } from '@tokenward/nestjs/drizzle';
import type { AccountMail, AccountOptions } from '@tokenward/nestjs/options';
import type { AuthEvent } from '@tokenward/nestjs/observe';
import { drizzle } from 'drizzle-orm/node-postgres';
import { boolean, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { createDatabase, testPool } from './databases.js';
import { hostDatabase, type HostApp, hostOptions, startHost, PATIENT } from './host-app.js';
import type { HttpClient } from './http.js';
import { until } from './until.js';

export const PASSWORD = 'a long enough passphrase';
const PAGE = 'https://app.example.com/{kind}#token={token}';

/** The table of `hostDatabase`, with the columns that accounts need. */
export const members = pgTable('people', {
  ref: uuid('person_ref').primaryKey().defaultRandom(),
  mail: text('mail').notNull().unique(),
  secret: text('pw'),
  kind: text('kind'),
  locked: boolean('locked'),
  verifiedAt: timestamp('verified_at'),
});

const COLUMNS = {
  table: members,
  id: members.ref,
  email: members.mail,
  passwordHash: members.secret,
  role: members.kind,
  disabled: members.locked,
  emailVerified: members.verifiedAt,
};

export interface Member {
  readonly id: string;
  readonly mail: string;
}

/** The given number of applications on one database, each with its own pool, and their mails. */
export async function accountHosts(
  accounts: Partial<AccountOptions> = {},
  changes: Partial<AuthModuleOptions> = {},
  count = 1,
) {
  const database = await hostDatabase(await createDatabase());
  await database.pool.query('alter table people add column verified_at timestamp');
  const sent: AccountMail[] = [];
  const events: AuthEvent[] = [];
  const mail: AccountOptions['mail'] = (message) => void sent.push(message);
  const pools = Array.from({ length: count }, () =>
    testPool({ connectionString: database.url, max: 8 }),
  );
  const options = hostOptions(database, {
    accounts: { mail, url: PAGE, ...accounts },
    cookies: { secure: false },
    onEvent: (event) => void events.push(event),
    ...changes,
  });
  const hosts: HostApp[] = [];
  for (const pool of pools) {
    const storage = drizzleStorage(drizzle(pool), { users: COLUMNS, deadline: PATIENT });
    @Module({ imports: [AuthModule.forRoot({ ...options, storage, routes: { register: true } })] })
    class Host {}
    hosts.push(await startHost(Host));
  }
  const [host] = hosts;
  if (!host) throw new Error('at least one host is needed');
  const hasher = host.app.get(PasswordHasher, { strict: false });
  let people = 0;

  return {
    database,
    hosts,
    host,
    sent,
    events,
    async member(values: Partial<typeof members.$inferInsert> = {}): Promise<Member> {
      const secret = await hasher.hash(PASSWORD);
      const mail = `p${String(++people)}@example.com`;
      const made = await database.db
        .insert(members)
        .values({ mail, secret, ...values })
        .returning();
      return { id: made[0]?.ref ?? '', mail: made[0]?.mail ?? '' };
    },
    /** Waits for the given number of mails of a kind to an address, and returns them. */
    async mailsTo<Kind extends AccountMail['kind']>(to: string, kind: Kind, times = 1) {
      const found = () =>
        sent.filter(
          (each): each is Extract<AccountMail, { kind: Kind }> =>
            each.to === to && each.kind === kind,
        );
      await until(() => found().length >= times);
      return found();
    },
    async signIn({ mail: email }: Member, password = PASSWORD): Promise<HttpClient> {
      const client = host.client();
      const { status } = await client.post('/auth/login', { email, password });
      if (status !== 200) throw new Error(`the login of ${email} was answered ${String(status)}`);
      return client;
    },
    async close(): Promise<void> {
      for (const each of hosts) await each.close();
      for (const pool of pools) await pool.end();
      await database.drop();
    },
  };
}

export type AccountHosts = Awaited<ReturnType<typeof accountHosts>>;
