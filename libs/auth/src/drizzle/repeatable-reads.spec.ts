import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { Pool } from 'pg';
import { testPool } from '../../../../test/support/databases.js';
import { drizzleStorage } from './drizzle-storage.js';
import { newSession, useStore } from './session-fixture.fixture.js';

const FIRST = { tokenVersion: 1, epoch: 1 };
const KIND = 'magic_link';

/** As a host may configure its database: a transaction sees nothing that was committed after its beginning. */
describe('an ending that runs as the host’s transactions do, as a repeatable read', () => {
  const fixture = useStore();
  let hosts: Pool;
  let storage: ReturnType<typeof drizzleStorage>;
  beforeAll(async () => {
    await fixture.pool.query(
      `alter database "${fixture.name}" set default_transaction_isolation = 'repeatable read'`,
    );
    hosts = testPool({ connectionString: fixture.url });
    storage = drizzleStorage(drizzle(hosts), { deadline: '10s' });
  });
  afterAll(() => hosts.end());

  /** What is made for the user while the ending is under way, and how much of it is left. */
  const made: readonly (readonly [string, (subject: string) => Promise<() => Promise<number>>])[] =
    [
      [
        'API key',
        async (subject) => {
          const key = { id: randomUUID().slice(0, 8), subject, name: 'robot', atMost: 5 };
          await storage.apiKeys.create({ ...key, hash: randomBytes(32) }, {});
          return async () => (await storage.apiKeys.list(subject)).length;
        },
      ],
      [
        'mailed link',
        async (subject) => {
          const hash = randomBytes(32);
          const owner = { subject, epoch: 1, diesWith: 'credentials', atMost: 1 } as const;
          const token = { kind: KIND, hash, owner, data: {}, ttlMs: 60_000 };
          expect(await storage.oneTimeTokens.issue(token)).toBe('issued');
          return async () => Number((await storage.oneTimeTokens.read(KIND, hash)) !== undefined);
        },
      ],
      [
        'session in which the user acts as another',
        async (subject) => {
          const session = newSession({ actor: { id: subject, expected: FIRST } });
          expect((await storage.sessions.open(session)).kind).toBe('opened');
          return async () => (await storage.sessions.list(session.subject)).length;
        },
      ],
    ];

  // T-r8zr
  it.each(made)('leaves no %s that was made meanwhile', async (_, make) => {
    const { subject } = newSession();
    await storage.sessions.open(newSession({ subject }));
    let left: (() => Promise<number>) | undefined;
    // the transaction may be done more than once
    const work = async () => void (left ??= await make(subject));
    await storage.sessions.endAll(subject, 'account_claimed', { work });
    expect(await left?.()).toBe(0);
  });
});
