import { beforeEach, describe, expect, it } from '@jest/globals';
import { serverAuth } from '@tokenward/client/server';
import type { HttpClient } from './support/http.js';
import { httpClient } from './support/http.js';
import { letPass } from './support/refreshing.js';
import { CLEARED, logIn, type Person, REFUSED, refusalOf, signUp } from './support/stage.js';
import { useStage } from './support/use-stage.js';

const stage = useStage({ env: { REUSE_LEEWAY: '10s', ON_REUSE: 'family' } });

describe('REUSE_LEEWAY=10s and ON_REUSE=family', () => {
  let client: HttpClient;
  let person: Person;
  beforeEach(async () => {
    client = stage.demos.express.client();
    person = await signUp(client);
  });

  const session = async () => {
    const [row] = await stage.rows(
      `select generation, ended_at is null as open, rotated_at from auth_sessions where subject = $1
       order by created_at limit 1`,
      person.id,
    );
    return row;
  };

  // T-2xm8
  it('answers a retry with the same successor, on any process, however often', async () => {
    const lost = client.copy();
    await client.post('/auth/refresh');
    const successor = client.jar.get('refresh_token');

    const retries = ['express', 'fastify', 'fastify', 'express'] as const;
    for (const where of retries) {
      const retry = httpClient(stage.demos[where].url, lost.jar.copy());
      expect((await retry.post('/auth/refresh')).status).toBe(200);
      expect(retry.jar.get('refresh_token')).toBe(successor);
      expect((await retry.get('/me')).status).toBe(200);
    }
    expect(await session()).toMatchObject({ generation: 2, open: true });
    expect((await client.post('/auth/refresh')).status).toBe(200);
  });

  // T-b4ng
  it('never extends the window', async () => {
    const lost = client.copy();
    await client.post('/auth/refresh');
    await letPass(stage, person, 9);
    const before = await session();
    expect((await lost.copy().post('/auth/refresh')).status).toBe(200);
    expect(await session()).toEqual(before);

    await letPass(stage, person, 2);
    expect(refusalOf(await lost.post('/auth/refresh'))).toEqual(REFUSED);
    expect(await session()).toMatchObject({ generation: 2, open: false });
  });

  it('gives 20 simultaneous uses on two processes one and the same successor', async () => {
    const urls = [stage.demos.express.url, stage.demos.fastify.url];
    const tabs = Array.from({ length: 20 }, (_, index) =>
      httpClient(String(urls[index % 2]), client.jar.copy()),
    );
    const answers = await Promise.all(tabs.map((tab) => tab.post('/auth/refresh')));

    expect(answers.map(({ status }) => status)).toEqual(tabs.map(() => 200));
    expect(new Set(tabs.map((tab) => tab.jar.get('refresh_token'))).size).toBe(1);
    expect(await session()).toMatchObject({ generation: 2, open: true });
  });

  it('lets a page server and the client of a tab refresh at the same time, each with its own retry key', async () => {
    client.jar.delete('access_token');
    const cookie = client.jar.header('/auth') ?? '';
    const page = serverAuth({ apiUrl: stage.demos.express.url })({
      headers: new Headers({ cookie }),
    });
    const key = crypto.getRandomValues(new Uint32Array(5)).join('-');
    const [, tab] = await Promise.all([
      page.renew(),
      client.post('/auth/refresh', undefined, { headers: { 'idempotency-key': key } }),
    ]);

    expect(tab.status).toBe(200);
    expect(page.setCookies.join()).toContain(`refresh_token=${client.jar.get('refresh_token')}`);
    expect((await page.session())?.id).toBe(person.id);
    expect(await session()).toMatchObject({ generation: 2, open: true });
  });

  it('treats an older generation as reuse inside the leeway too, and keeps the other sessions', async () => {
    const thief = client.copy();
    const bystander = stage.demos.express.client();
    await logIn(bystander, person);
    for (const _ of [1, 2]) expect((await client.post('/auth/refresh')).status).toBe(200);

    const answer = await thief.post('/auth/refresh');

    expect(refusalOf(answer)).toEqual(REFUSED);
    expect(answer.setCookies).toEqual(CLEARED);
    expect(refusalOf(await client.get('/me'))).toEqual(REFUSED);
    expect((await client.post('/auth/refresh')).status).toBe(401);
    expect((await bystander.get('/me')).status).toBe(200);
    expect((await bystander.post('/auth/refresh')).status).toBe(200);
  });

  it('replays nothing for a session that has ended', async () => {
    const lost = client.copy();
    await client.post('/auth/refresh');
    await client.post('/auth/logout');

    expect(refusalOf(await lost.post('/auth/refresh'))).toEqual(REFUSED);
  });

  it('gives no new token to the predecessor of a password change', async () => {
    const lost = client.copy();
    const newPassword = 'another quiet river';
    await client.post('/auth/password', { currentPassword: person.password, newPassword });

    const answer = await lost.post('/auth/refresh');

    expect(refusalOf(answer)).toEqual(REFUSED);
    expect(answer.setCookies).toEqual([]);
    expect(await session()).toMatchObject({ open: true });
  });
});
