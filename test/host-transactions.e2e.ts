import { Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthModule, AuthService, type HostTransaction } from '@tokenward/nestjs';
import type { AuthEvent } from '@tokenward/nestjs/observe';
import { SqlTransaction } from '@tokenward/nestjs/storage';
import { hostTransactionConformance } from '@tokenward/nestjs/testing';
import { eq } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import type { HostLibrary } from './orms/host-library.js';
import { LIBRARIES } from './orms/libraries.js';
import {
  type HostApp,
  hostDatabase,
  type HostDatabase,
  hostOptions,
  people,
  startHost,
} from './support/host-app.js';

let database: HostDatabase;
let host: HostApp;
let auth: AuthService;
const events: AuthEvent[] = [];

beforeAll(async () => {
  database = await hostDatabase();
  const options = hostOptions(database, { onEvent: (event) => void events.push(event) });
  @Module({ imports: [AuthModule.forRoot(options)] })
  class Host {}
  host = await startHost(Host);
  auth = host.app.get(AuthService, { strict: false });
});
afterAll(async () => {
  await host.close();
  await database.drop();
});

async function signedIn(): Promise<{ id: string; token: string }> {
  const mail = `${randomUUID()}@example.com`;
  const [made] = await database.db.insert(people).values({ mail, kind: 'member' }).returning();
  const id = made?.ref ?? '';
  const { grant } = await auth.openSession(id, { transport: 'bearer', secondFactor: 'satisfied' });
  return { id, token: grant.accessToken };
}

const status = async (token: string): Promise<number> =>
  (await host.client().get('/auth/me', { headers: { authorization: `Bearer ${token}` } })).status;

const roleOf = async (id: string): Promise<string | null | undefined> =>
  (await database.db.select().from(people).where(eq(people.ref, id)))[0]?.kind;

describe.each(Object.entries(LIBRARIES))('a transaction of %s', (_name, connect) => {
  let library: HostLibrary;
  beforeAll(async () => {
    library = await connect(database.url);
  }, 60_000);
  afterAll(() => library.close());

  for (const { name, run } of hostTransactionConformance(() => ({
    sessions: database.storage().sessions,
    open: (use) => library.open(use),
    notOpen: library.notOpen,
    work: (also) => library.work(undefined, '', also),
  })))
    it(name, run);

  it.each([
    ['userChanged', (tx: HostTransaction, id: string) => auth.userChanged(tx, id, 'disabled')],
    ['passwordChanged', (tx: HostTransaction, id: string) => auth.passwordChanged(tx, id)],
  ])(
    '%s: the role and the end of the sessions come together, or neither does',
    async (_call, change) => {
      const { id, token } = await signedIn();
      const no = new Error('the host says no');
      await expect(
        library.transaction(id, 'admin', async (tx) => {
          await change(tx, id);
          throw no;
        }),
      ).rejects.toThrow(no);
      expect([await roleOf(id), await status(token), (await auth.sessions(id)).length]).toEqual([
        'member',
        200,
        1,
      ]);

      let pending: { committed(): Promise<void> } | undefined;
      await library.transaction(id, 'admin', async (tx) => {
        pending = await change(tx, id);
      });
      await pending?.committed();
      expect([await roleOf(id), await status(token), (await auth.sessions(id)).length]).toEqual([
        'admin',
        401,
        0,
      ]);
    },
  );

  it('the host’s own limits hold again after it', async () => {
    const { id } = await signedIn();
    const limits = async (tx: HostTransaction) => {
      const read = `select json_build_object('s', current_setting('statement_timeout'), 'l', current_setting('lock_timeout'))`;
      const [row] = await (tx as SqlTransaction).query(read, []);
      return Object.values(row ?? {})[0];
    };
    await library.transaction(id, 'admin', async (tx) => {
      if (!(tx instanceof SqlTransaction)) return;
      const before = await limits(tx);
      await auth.userChanged(tx, id, 'authorization');
      expect(await limits(tx)).toEqual(before);
    });
  });

  // T-vh72
  it('changeUser: the work and the end of the sessions commit together', async () => {
    const { id, token } = await signedIn();
    const no = new Error('the host says no');
    const failing = library.work(id, 'admin', () => Promise.reject(no));
    await expect(auth.changeUser(id, 'authorization', failing)).rejects.toThrow(no);
    expect([await roleOf(id), await status(token)]).toEqual(['member', 200]);
    const by = { actorId: randomUUID() };
    await auth.changeUser(id, 'authorization', library.work(id, 'admin'), by);
    expect([await roleOf(id), await status(token), (await auth.sessions(id)).length]).toEqual([
      'admin',
      401,
      1,
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'token_version.bumped', userId: id, ...by }),
    );
  });
});
