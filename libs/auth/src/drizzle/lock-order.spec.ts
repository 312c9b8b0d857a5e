import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { drizzle } from 'drizzle-orm/node-postgres';
import { pgTable, text } from 'drizzle-orm/pg-core';
import { testPool } from '../../../../test/support/databases.js';
import { until } from '../../../../test/support/until.js';
import type { HostTransaction } from '../storage/sql-transaction.port.js';
import { replacementOf } from '../testing/conformance/samples.js';
import { drizzleStorage } from './drizzle-storage.js';
import { newSession, useStore } from './session-fixture.fixture.js';

const people = pgTable('people', { id: text().primaryKey(), email: text(), hash: text() });

describe('a sign-in that spends what proved it', () => {
  const fixture = useStore();
  let storage: ReturnType<typeof drizzleStorage>;
  let withUsers: typeof storage;
  beforeAll(async () => {
    await fixture.pool.query('create table people (id text primary key, email text, hash text)');
    const users = { table: people, id: people.id, email: people.email, passwordHash: people.hash };
    storage = drizzleStorage(fixture.db);
    withUsers = drizzleStorage(fixture.db, { users });
  });

  const KIND = 'magic_link';

  async function issue(subject: string): Promise<Buffer> {
    const hash = randomBytes(32);
    const owner = { subject, epoch: 1, diesWith: 'credentials', atMost: 1 } as const;
    await storage.oneTimeTokens.issue({ kind: KIND, hash, owner, data: {}, ttlMs: 60_000 });
    return hash;
  }

  /** What the other transaction waits for. */
  async function waitsIn(): Promise<string> {
    let found: string | undefined;
    await until(async () => {
      const { rows } = await fixture.pool.query<{ query: string }>(
        "select query from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      found = rows[0]?.query;
      return found !== undefined;
    });
    return found ?? '';
  }

  type Work = (tx: HostTransaction) => Promise<void>;
  type Step = (subject: string, work: Work) => Promise<unknown>;
  const steps: readonly (readonly [string, Step])[] = [
    [
      'opens a session',
      (subject, work) => storage.sessions.open(newSession({ subject }), { work }),
    ],
    [
      'replaces a secret',
      async (subject, work) => {
        const session = newSession({ subject });
        await storage.sessions.open(session);
        const replacement = replacementOf(session, { cause: 'reauthenticate' });
        return storage.sessions.replace(replacement, { work });
      },
    ],
  ];

  // otherwise the two end in a deadlock, which PostgreSQL notices after a second
  // T-x3zr
  it.each(steps)(
    'and %s locks the user before the token, as the next mail does',
    async (_, step) => {
      const { subject } = newSession();
      const mailed = await issue(subject);
      const next: Promise<unknown>[] = [];
      const waits: string[] = [];
      await step(subject, async (tx) => {
        expect(await storage.oneTimeTokens.redeem(KIND, mailed, { tx })).toBeDefined();
        next.push(issue(subject));
        waits.push(await waitsIn());
      });
      await Promise.all(next);
      expect(waits).toEqual([expect.stringContaining('"auth_subjects"')]);
    },
  );

  const endings: readonly (readonly [string, Step])[] = [
    [
      'a reset',
      (subject, work) => withUsers.sessions.endAll(subject, 'password_changed', { work }),
    ],
    ['a claim', (subject, work) => withUsers.sessions.endAll(subject, 'account_claimed', { work })],
    [
      'a change of the email',
      (subject, work) => withUsers.sessions.unproveOthers(subject, randomUUID(), { work }),
    ],
  ];

  // as a change of the host's does, and the next mail: otherwise two of them end in a deadlock
  // T-x5zr
  it.each(endings)('%s locks the user, the subject and the token in this order', async (_, end) => {
    const { subject } = newSession();
    const mailed = await issue(subject);
    await fixture.pool.query('insert into people (id) values ($1)', [subject]);
    const host = await fixture.pool.connect();
    const isFree = async (what: string) =>
      (await host.query(`select from ${what} for update skip locked`, [subject])).rowCount === 1;
    await host.query('begin');
    await host.query('update people set email = $2 where id = $1', [subject, 'new@example.com']);
    const next: Promise<unknown>[] = [];
    const waits: string[] = [];
    const ending = end(subject, async (tx) => {
      const found = await withUsers.oneTimeTokens.redeem(KIND, mailed, {
        tx,
        locks: 'owner_first',
      });
      expect(found).toBeDefined();
      next.push(issue(subject));
      waits.push(await waitsIn());
    });
    expect(await waitsIn()).toContain('"people"');
    expect(await isFree('auth_one_time_tokens where subject = $1')).toBe(true);
    expect(await isFree('auth_subjects where subject = $1')).toBe(true);
    await host.query('commit');
    host.release();
    await ending;
    await Promise.all(next);
    expect(waits).toEqual([expect.stringContaining('"auth_subjects"')]);
  });

  // T-x4zr
  it('keeps the limit of sessions where the host’s transactions are repeatable reads', async () => {
    await fixture.pool.query(
      `alter database "${fixture.name}" set default_transaction_isolation = 'repeatable read'`,
    );
    const hosts = testPool({ connectionString: fixture.url });
    const { sessions } = drizzleStorage(drizzle(hosts));
    const { subject } = newSession();
    const open = (work: () => Promise<void>) =>
      sessions.open(newSession({ subject, maxPerUser: 2 }), { work });
    const nothing = () => Promise.resolve();
    await open(nothing);
    const second: Promise<unknown>[] = [];
    await open(async () => {
      second.push(open(nothing));
      await waitsIn();
    });
    await Promise.all(second);
    expect(await sessions.list(subject)).toHaveLength(2);
    await hosts.end();
  });
});
