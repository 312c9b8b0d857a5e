import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../../../test/support/databases.js';
import type { LedgerEntry } from '../storage/ledger-entry.js';
import { AuthDatabase } from './auth-database.js';
import { DrizzleRevocationLedgerStore } from './drizzle-revocation-ledger.store.js';
import { openStore } from './session-fixture.fixture.js';

describe('a database that is not what it seems', () => {
  let database: TestDatabase;
  let pool: Awaited<ReturnType<typeof openStore>>['pool'];
  let store: DrizzleRevocationLedgerStore;
  beforeAll(async () => {
    database = await createDatabase();
    const opened = await openStore(database.url);
    pool = opened.pool;
    store = new DrizzleRevocationLedgerStore(new AuthDatabase(opened.db, opened.schema), {
      deadlineMs: 1_000,
    });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const tokenEntry = (id: string): LedgerEntry => ({
    kind: 'token',
    id,
    value: 0,
    expiresAt: Date.now() + 600_000,
  });
  const [tokenId, sessionId, subject, keyId] = ['t', 's', 'u', 'k'] as const;
  const token = { tokenId, sessionId, subject, tokenVersion: 3, keyId, issuedAt: 1_000 };

  // T-c7rg
  it('answers the strict question only for the ledger and the timeline that are asked about', async () => {
    const { ledger, timeline } = (await store.readSince(undefined)).position;
    expect(await store.isRevoked(token, { ledger, timeline })).toBe(false);
    for (const other of [
      { ledger: randomUUID(), timeline },
      { ledger, timeline: timeline + 1 },
    ])
      await expect(store.isRevoked(token, other)).rejects.toMatchObject({ code: 'unavailable' });
  });

  // T-c7rh
  it.each([
    [
      'a trigger',
      'create function swallow() returns trigger language plpgsql as $$ begin return null; end $$; create trigger swallow before insert on auth_revocations for each row execute function swallow()',
      'drop trigger swallow on auth_revocations; drop function swallow',
    ],
    [
      'a rule',
      'create rule swallow as on insert to auth_revocations do instead nothing',
      'drop rule swallow on auth_revocations',
    ],
  ])(
    'does not take a revocation for durable that %s of the host swallowed',
    async (what, make, drop) => {
      await pool.query(make);
      await expect(store.append([tokenEntry('lost')])).rejects.toMatchObject({
        code: 'unavailable',
      });
      await pool.query(drop);
      await store.append([tokenEntry(what)]);
      const { entries } = await store.readSince(undefined);
      expect(entries.map((entry) => entry.id)).toContain(what);
      expect(entries.map((entry) => entry.id)).not.toContain('lost');
    },
  );
});
