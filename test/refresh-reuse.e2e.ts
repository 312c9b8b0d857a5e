import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpClient } from './support/http.js';
import { letPass, refreshWith, sessionsOf } from './support/refreshing.js';
import { CLEARED, logIn, type Person, REFUSED, refusalOf, signUp } from './support/stage.js';
import { useStage } from './support/use-stage.js';

const stage = useStage();

describe('a spent refresh token', () => {
  let client: HttpClient;
  let person: Person;
  beforeEach(async () => {
    client = stage.demos.fastify.client();
    person = await signUp(client);
  });
  const sessions = () => sessionsOf(stage, person);

  // T-r6d9
  it('ends the family, the access tokens and the other sessions on reuse, and clears the cookies', async () => {
    const thief = client.copy();
    const bystander = stage.demos.fastify.client();
    await logIn(bystander, person);
    expect((await client.post('/auth/refresh')).status).toBe(200);

    const answer = await thief.post('/auth/refresh');

    expect(refusalOf(answer)).toEqual(REFUSED);
    expect(answer.setCookies).toEqual(CLEARED);
    expect(answer.headers['cache-control']).toBe('no-store');
    for (const victim of [client, bystander]) {
      expect(refusalOf(await victim.get('/me'))).toEqual(REFUSED);
      expect((await victim.post('/auth/refresh')).status).toBe(401);
    }
    expect(await sessions()).toEqual([
      { generation: 2, open: false, end_reason: 'reuse' },
      { generation: 1, open: false, end_reason: 'reuse' },
    ]);
  });

  // T-qf2b
  it('treats a token two generations old as reuse', async () => {
    const thief = client.copy();
    for (const _ of [1, 2]) expect((await client.post('/auth/refresh')).status).toBe(200);

    expect((await thief.post('/auth/refresh')).status).toBe(401);
    expect(await sessions()).toMatchObject([{ generation: 3, open: false, end_reason: 'reuse' }]);
  });

  it('does not touch the next login when a spent token of an ended session is presented', async () => {
    const thief = client.copy();
    await client.post('/auth/refresh');
    await client.post('/auth/logout');
    await logIn(client, person);

    expect(refusalOf(await thief.post('/auth/refresh'))).toEqual(REFUSED);
    expect((await client.get('/me')).status).toBe(200);
    expect((await client.post('/auth/refresh')).status).toBe(200);
    expect(await sessions()).toMatchObject([
      { end_reason: 'logout' },
      { generation: 2, open: true },
    ]);
  });

  it('answers the predecessor of a password change with a plain 401 and keeps the cookies, for a minute', async () => {
    const second = client.copy();
    const changed = await client.post('/auth/password', {
      currentPassword: person.password,
      newPassword: 'another quiet river',
    });
    expect(changed.status).toBe(200);

    const answer = await second.post('/auth/refresh');
    expect(refusalOf(answer)).toEqual(REFUSED);
    expect(answer.setCookies).toEqual([]);
    expect(await sessions()).toMatchObject([{ generation: 2, open: true }]);

    await letPass(stage, person, 61);
    expect((await second.post('/auth/refresh')).status).toBe(401);
    expect(await sessions()).toMatchObject([{ open: false, end_reason: 'reuse' }]);
  });

  it('answers the predecessor of a reauthentication in the same way', async () => {
    const second = client.copy();
    expect((await client.post('/auth/reauthenticate', { password: person.password })).status).toBe(
      200,
    );

    const answer = await second.post('/auth/refresh');

    expect(refusalOf(answer)).toEqual(REFUSED);
    expect(answer.setCookies).toEqual([]);
    expect((await client.post('/auth/refresh')).status).toBe(200);
  });

  // T-ftj7
  it('lets exactly one of 20 simultaneous uses on two processes win, and ends the family for it', async () => {
    const token = client.jar.get('refresh_token');
    const clients = [stage.demos.express.client(), stage.demos.fastify.client()];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => refreshWith(token, clients[index % 2] ?? client)),
    );

    const [winning, ...losing] = answers.map(({ status }) => status).sort();
    expect(winning).toBe(200);
    // a machine that is busy elsewhere may miss the deadline of a store
    expect(losing.filter((status) => status !== 503)).toContain(401);
    expect(losing.filter((status) => status !== 401 && status !== 503)).toEqual([]);
    const winner = answers.find(({ status }) => status === 200);
    client.jar.store(winner?.setCookies ?? []);
    expect((await client.post('/auth/refresh')).status).toBe(401);
    expect(await sessions()).toMatchObject([{ open: false, end_reason: 'reuse' }]);
    const refused = {
      headers: {
        cookie: `access_token=${/access_token=([^;]+)/.exec(String(winner?.setCookies))?.[1]}`,
      },
    };
    expect(refusalOf(await clients[0]!.get('/me', refused))).toEqual(REFUSED);
  });
});
