import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuthService, PendingChange } from '@tokenward/nestjs';
import type { AuthEvent } from '@tokenward/nestjs/observe';
import { eq } from 'drizzle-orm';
import { acceptedFor } from './support/accepted-for.js';
import {
  addPerson,
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  hostWith,
  people,
  signInAt,
} from './support/host-app.js';
import type { HttpClient } from './support/http.js';

describe('a change of a user by the host', () => {
  let database: HostDatabase;
  let host: HostApp;
  let auth: AuthService;
  const events: AuthEvent[] = [];

  beforeAll(async () => {
    database = await hostDatabase();
    const options = hostOptions(database, { onEvent: (event) => void events.push(event) });
    const started = await hostWith(options);
    [host, auth] = [started, started.auth];
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });

  const person = () => addPerson(host, database);
  const signIn = (mail: string) => signInAt(host, mail);
  /** To a request with the access token, and to a refresh after it. */
  const answers = async (client: HttpClient) => [
    (await client.get('/auth/me')).status,
    (await client.post('/auth/refresh')).status,
  ];

  // T-3rc8
  it('passwordChanged(tx): every session ends with the host transaction, or none does', async () => {
    const { id, mail } = await person();
    const { client } = await signIn(mail);
    const failing = database.db.transaction(async (tx) => {
      await auth.passwordChanged(tx, id);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect((await client.get('/auth/me')).status).toBe(200);

    const pending = await database.db.transaction((tx) => auth.passwordChanged(tx, id));
    await pending.committed();
    expect(await answers(client)).toEqual([401, 401]);
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['sessions.ended', 'password.changed']),
    );
  });

  it('changeUser(…, work): what a constraint of the host refuses is the host’s own error, and nothing changes', async () => {
    const [taken, { id, mail }] = [await person(), await person()];
    const { client } = await signIn(mail);
    const renamed = auth.changeUser(id, 'disabled', async (tx) => {
      await (tx as typeof database.db)
        .update(people)
        .set({ mail: taken.mail })
        .where(eq(people.ref, id));
    });
    await expect(renamed).rejects.toMatchObject({ cause: { code: '23505' } });
    // a table that is gone is the operator's to mend
    const misled = auth.changeUser(id, 'disabled', async (tx) => {
      await (tx as typeof database.db).execute('select * from "no such table"');
    });
    await expect(misled).rejects.toMatchObject({ code: 'unavailable' });
    expect(await answers(client)).toEqual([200, 200]);
  });

  // T-qjpt
  it('userChanged(tx): access tokens end, the session continues with the new role, also without committed()', async () => {
    const { id, mail } = await person();
    const { client } = await signIn(mail);
    await database.db.transaction(async (tx) => {
      await tx.update(people).set({ kind: 'editor' }).where(eq(people.ref, id));
      await auth.userChanged(tx, id);
    });
    // committed() was never called: the ledger tells, within maxStaleness
    expect(
      await acceptedFor(async () => (await client.get('/auth/me')).status),
    ).toBeLessThanOrEqual(1_000);
    expect((await client.post('/auth/refresh')).status).toBe(200);
    expect((await client.get('/auth/me')).json()).toMatchObject({ role: 'editor' });
  });

  it('committed() before the commit, or after a rollback, refuses no token', async () => {
    const { id, mail } = await person();
    const { client, answer } = await signIn(mail);
    expect(answer.status).toBe(200);
    let early: PendingChange | undefined;
    const rolledBack = database.db.transaction(async (tx) => {
      await tx.transaction(async (savepoint) => {
        early = await auth.userChanged(savepoint, id);
        await early.committed();
        expect((await client.get('/auth/me')).status).toBe(200);
      });
      throw new Error('the host says no');
    });
    await expect(rolledBack).rejects.toThrow('the host says no');
    await early?.committed();
    expect((await client.get('/auth/me')).status).toBe(200);

    // a savepoint that is rolled back takes the change along, whatever the rest of the transaction does
    let inner: PendingChange | undefined;
    await database.db.transaction(async (tx) => {
      const undone = tx.transaction(async (savepoint) => {
        inner = await auth.passwordChanged(savepoint, id);
        throw new Error('back to the savepoint');
      });
      await expect(undone).rejects.toThrow('back to the savepoint');
    });
    await inner?.committed();
    expect((await client.get('/auth/me')).status).toBe(200);
  });

  // T-6vn7
  it('userChanged(tx, deleted): the user and the sessions go with the host transaction, or none do', async () => {
    const { id, mail } = await person();
    const clients = [(await signIn(mail)).client, (await signIn(mail)).client];
    const endings = async () => {
      const query = 'select end_reason from auth_sessions where subject = $1 order by end_reason';
      const { rows } = await database.pool.query<{ end_reason: string | null }>(query, [id]);
      return rows.map((row) => row.end_reason);
    };
    const remove = (last: () => void) =>
      database.db.transaction(async (tx) => {
        await tx.delete(people).where(eq(people.ref, id));
        const pending = await auth.userChanged(tx, id, 'deleted');
        expect(await endings()).toEqual([null, null]);
        last();
        return pending;
      });
    const rollBack = () => {
      throw new Error('rolled back');
    };
    await expect(remove(rollBack)).rejects.toThrow('rolled back');
    for (const client of clients) expect(await answers(client)).toEqual([200, 200]);

    const pending = await remove(() => undefined);
    expect(await endings()).toEqual(['user_deleted', 'user_deleted']);
    await pending.committed();
    for (const client of clients) expect(await answers(client)).toEqual([401, 401]);
    const gone = (await signIn(mail)).answer;
    const unknown = (await signIn('nobody@example.com')).answer;
    expect([gone.status, gone.text]).toEqual([401, unknown.text]);
    await expect(auth.openSession(id)).rejects.toMatchObject({ code: 'login_refused' });
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'sessions.ended',
        userId: id,
        count: 2,
        reason: 'user_deleted',
      }),
    );
  });

  it('changeUser: the host’s work and the end of the sessions commit together', async () => {
    const { id, mail } = await person();
    const { client } = await signIn(mail);
    await expect(
      auth.changeUser(id, 'disabled', () => Promise.reject(new Error('no'))),
    ).rejects.toThrow('no');
    expect((await client.get('/auth/me')).status).toBe(200);
    await auth.changeUser(id, 'disabled');
    expect(await answers(client)).toEqual([401, 401]);
  });
});
