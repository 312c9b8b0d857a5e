import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { drizzle } from 'drizzle-orm/node-postgres';
import { testPool } from '../../../../test/support/databases.js';
import { until } from '../../../../test/support/until.js';
import type { HostTransaction } from '../storage/sql-transaction.port.js';
import { replacementOf } from '../testing/conformance/samples.js';
import { drizzleStorage } from './drizzle-storage.js';
import { newSession, useStore } from './session-fixture.fixture.js';

describe('a sign-in that spends what proved it', () => {
  const fixture = useStore();
  let storage: ReturnType<typeof drizzleStorage>;
  beforeAll(() => {
    storage = drizzleStorage(fixture.db);
  });

  const KIND = 'magic_link';

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

  type Step = (subject: string, work: (tx: HostTransaction) => Promise<void>) => Promise<unknown>;
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
      const issue = async () => {
        const hash = randomBytes(32);
        const owner = { subject, epoch: 1, diesWith: 'credentials', atMost: 1 } as const;
        await storage.oneTimeTokens.issue({ kind: KIND, hash, owner, data: {}, ttlMs: 60_000 });
        return hash;
      };
      const mailed = await issue();
      const next: Promise<unknown>[] = [];
      const waits: string[] = [];
      await step(subject, async (tx) => {
        expect(await storage.oneTimeTokens.redeem(KIND, mailed, { tx })).toBeDefined();
        next.push(issue());
        waits.push(await waitsIn());
      });
      await Promise.all(next);
      expect(waits).toEqual([expect.stringContaining('for no key update')]);
    },
  );

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
