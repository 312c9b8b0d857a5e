import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { startDemo } from './support/demo.js';
import type { HttpClient } from './support/http.js';
import { openSocket } from './support/sockets.js';
import {
  admin,
  bearer,
  logIn,
  type Person,
  REFUSED,
  refusalOf,
  signUp,
  STAGE_TIMEOUT_MS,
} from './support/stage.js';
import { useStage } from './support/use-stage.js';
import { until } from './support/until.js';

const FORBIDDEN = {
  statusCode: 403,
  error: 'Forbidden',
  message: 'Access denied',
  code: 'forbidden',
};
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function checksumOf(key: string): string {
  let [rest, text] = [crc32(key), ''];
  for (; rest > 0; rest = Math.floor(rest / 62)) text = `${DIGITS[rest % 62] ?? ''}${text}`;
  return text.padStart(6, '0');
}

const stage = useStage();

describe('API keys', () => {
  let owner: HttpClient;
  /** Without cookies, on this process and on the other. */
  let here: HttpClient;
  let elsewhere: HttpClient;
  let person: Person;
  beforeEach(async () => {
    [owner, here, elsewhere] = [
      stage.demos.fastify.client(),
      stage.demos.fastify.client(),
      stage.demos.express.client(),
    ];
    person = await signUp(owner);
  });

  const make = async (body: object = { name: 'deploy' }, by = owner) => {
    const answer = await by.post('/auth/api-keys', body);
    expect([answer.status, answer.headers['cache-control']]).toEqual([201, 'no-store']);
    return answer.json<{ id: string; key: string }>();
  };
  const me = async (key: string, client = here) => client.get('/me', bearer(key));
  const root = async () => {
    const client = stage.demos.fastify.client();
    await logIn(client, admin);
    return client;
  };

  // T-wwjk
  it('are made, shown once, listed without the key, and stand for their owner', async () => {
    const { id, key } = await make({
      name: 'deploy',
      permissions: ['notes:read'],
      expiresIn: 3600,
    });
    expect(key.startsWith(`tw_${id}_`)).toBe(true);
    expect(key.slice(-6)).toBe(checksumOf(key.slice(0, -6)));
    const [listed] = (await owner.get('/auth/api-keys')).json<Record<string, unknown>[]>();
    expect(listed).toEqual({
      id,
      name: 'deploy',
      permissions: ['notes:read'],
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
    });
    for (const client of [here, elsewhere])
      expect((await me(key, client)).json()).toMatchObject({
        id: person.id,
        role: 'user',
        permissions: [],
      });
    expect((await here.get('/auth/me', bearer(key))).json()).toMatchObject({
      id: person.id,
      amr: [],
    });
    expect((await here.post('/notes', { text: 'by a machine' }, bearer(key))).status).toBe(201);
    const [row] = await stage.rows('select * from auth_api_keys where id = $1', id);
    expect(JSON.stringify(row)).not.toContain(key);
    expect(row?.['hash']).toHaveLength(32);
  });

  it.each<[string, object, string]>([
    ['no name', {}, 'name'],
    ['an invisible character', { name: 'a\u200bb' }, 'name'],
    ['a lifetime of 0', { name: 'a', expiresIn: 0 }, 'expiresIn'],
    ['half a second', { name: 'a', expiresIn: 0.5 }, 'expiresIn'],
    ['permissions that are not a list', { name: 'a', permissions: 'all' }, 'permissions'],
    ['a permission that nobody can see', { name: 'a', permissions: ['\u0000'] }, 'permissions'],
    ['a permission of half a character', { name: 'a', permissions: ['\ud800'] }, 'permissions'],
  ])('with %s are refused, and the answer names the field', async (_, body, field) => {
    const answer = await owner.post('/auth/api-keys', body);
    expect([answer.status, answer.json<{ message: string }>().message]).toEqual([
      400,
      expect.stringContaining(field),
    ]);
  });

  // T-kbhw
  it('can be deleted only by their owner, and are then refused everywhere', async () => {
    const { id, key } = await make();
    for (const client of [here, elsewhere]) expect((await me(key, client)).status).toBe(200);
    const stranger = stage.demos.fastify.client();
    await signUp(stranger);
    expect((await stranger.delete(`/auth/api-keys/${id}`)).status).toBe(404);
    expect((await owner.delete('/auth/api-keys/no-such-key')).status).toBe(404);
    expect((await owner.delete(`/auth/api-keys/${id}`)).status).toBe(204);
    expect(refusalOf(await me(key))).toEqual(REFUSED);
    await until(async () => (await me(key, elsewhere)).status === 401, 1_000);
    expect((await owner.delete(`/auth/api-keys/${id}`)).status).toBe(404);
  });

  // T-djdr
  it('follow the role of their owner, live through a sign-out everywhere, and end with the owner', async () => {
    const { key } = await make();
    for (const client of [here, elsewhere])
      expect((await me(key, client)).json()).toMatchObject({ role: 'user' });
    const boss = await root();
    expect((await boss.patch(`/admin/users/${person.id}`, { role: 'admin' })).status).toBe(200);
    expect((await me(key)).json()).toMatchObject({ role: 'admin' });
    await until(
      async () => (await me(key, elsewhere)).json<{ role: string }>().role === 'admin',
      1_000,
    );
    expect((await here.get('/admin/users', bearer(key))).status).toBe(200);
    await owner.post('/auth/refresh');
    expect((await owner.post('/auth/logout-all')).status).toBe(204);
    for (const client of [here, elsewhere]) expect((await me(key, client)).status).toBe(200);
    expect((await boss.patch(`/admin/users/${person.id}`, { disabled: true })).status).toBe(200);
    expect(refusalOf(await me(key))).toEqual(REFUSED);
    await until(async () => (await me(key, elsewhere)).status === 401, 1_000);
  });

  // T-n0rl
  it('that were given no permission have no role of their owner either', async () => {
    const boss = await root();
    const { key } = await make({ name: 'probe', permissions: [] }, boss);
    expect((await boss.get('/admin/users')).status).toBe(200);
    const mine = await me(key);
    expect(mine.json()).toMatchObject({ permissions: [] });
    expect(mine.json()).not.toHaveProperty('role');
    for (const client of [here, elsewhere])
      expect((await client.get('/admin/users', bearer(key))).status).toBe(403);
  });

  it('do not prove a credential, and have no access to sessions, passwords and keys', async () => {
    const { id, key } = await make();
    const stale = await here.delete('/account', bearer(key));
    expect([stale.status, stale.headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining('insufficient_user_authentication'),
    ]);
    const calls = [
      here.get('/auth/sessions', bearer(key)),
      here.delete('/auth/sessions', bearer(key)),
      here.post('/auth/logout-all', {}, bearer(key)),
      here.post(
        '/auth/password',
        { currentPassword: person.password, newPassword: 'x'.repeat(20) },
        bearer(key),
      ),
      here.post('/auth/reauthenticate', { password: person.password }, bearer(key)),
      here.post('/auth/api-keys', { name: 'more' }, bearer(key)),
      here.get('/auth/api-keys', bearer(key)),
      here.delete(`/auth/api-keys/${id}`, bearer(key)),
      here.post(`/auth/users/${person.id}/revoke`, {}, bearer(key)),
    ];
    for (const answer of await Promise.all(calls)) {
      expect(answer.status).toBe(403);
      expect(answer.json()).toEqual(FORBIDDEN);
    }
  });

  it('are read only from the header, complete and not expired', async () => {
    const { key } = await make({ name: 'short', expiresIn: 1 });
    expect((await here.get('/me', { headers: { cookie: `access_token=${key}` } })).status).toBe(
      401,
    );
    expect((await here.get(`/me?access_token=${key}`)).status).toBe(401);
    expect((await me(key)).status).toBe(200);
    await until(async () => (await me(key)).status === 401, 3_000);
    const torn = `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`;
    for (let i = 0; i < 30; i++) expect(refusalOf(await me(torn))).toEqual(REFUSED);
  });

  it('sign a socket in, which is closed when the key is deleted', async () => {
    const { id, key } = await make();
    const socket = new WebSocket(`${stage.demos.fastify.url.replace('http', 'ws')}/events`);
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    const first = new Promise<string>((resolve) =>
      socket.once('message', (data) => resolve(String(data as Buffer))),
    );
    socket.once('open', () => socket.send(JSON.stringify({ type: 'auth', token: key })));
    expect(await first).toContain('"');
    expect((await owner.delete(`/auth/api-keys/${id}`)).status).toBe(204);
    expect(await closed).toBe(4401);
  });
});

describe('another process of the deployment', () => {
  const another = async (env: Readonly<Record<string, string>>) => {
    const demo = await startDemo({ env: { ...stage.env, ...env } });
    const client = demo.client();
    await logIn(client, admin);
    return { demo, client };
  };

  it(
    'counts failed look-ups against the address, and still accepts the keys that it knows',
    async () => {
      const { demo, client } = await another({ LOGIN_THROTTLE: '10/100/20/15m' });
      const { key } = (await client.post('/auth/api-keys', { name: 'good' })).json<{
        key: string;
      }>();
      const use = async (text: string) => (await demo.client().get('/me', bearer(text))).status;
      expect(await use(key)).toBe(200);
      const forged = `${key.slice(0, -49)}${'A'.repeat(43)}`;
      const statuses: number[] = [];
      for (let i = 0; i < 22; i++) statuses.push(await use(forged + checksumOf(forged)));
      expect(statuses).toEqual([...Array.from({ length: 20 }, () => 401), 429, 429]);
      expect(await use(key)).toBe(200);
      // a socket has the same address; known keys get in there, too
      const known = await openSocket(demo.url, bearer(key).headers);
      await known.message('ready');
      await known.close();
      const { key: unseen } = (await client.post('/auth/api-keys', { name: 'unseen' })).json<{
        key: string;
      }>();
      const socket = await openSocket(demo.url, bearer(unseen).headers);
      await expect(socket.message('ready')).rejects.toThrow('closed with 4401');
      await demo.stop();
    },
    STAGE_TIMEOUT_MS,
  );

  it(
    'limits how often an account makes keys, deleted ones included, and no other account',
    async () => {
      const { demo } = await another({ LOGIN_THROTTLE: '1/1/1000/15m' });
      const owner = demo.client();
      await signUp(owner);
      const make = async (by: HttpClient) => by.post('/auth/api-keys', { name: 'again' });
      const refused = await owner.post('/auth/api-keys', { name: '' });
      expect(refused.status).toBe(400);
      for (let i = 0; i < 10; i++) {
        const made = await make(owner);
        expect(made.status).toBe(201);
        expect(
          (await owner.delete(`/auth/api-keys/${made.json<{ id: string }>().id}`)).status,
        ).toBe(204);
      }
      const over = await make(owner);
      expect([over.status, over.json<{ code: string }>().code]).toEqual([429, 'too_many_attempts']);
      expect(Number(over.headers['retry-after'])).toBeGreaterThan(0);
      const other = demo.client();
      await signUp(other);
      expect((await make(other)).status).toBe(201);
      await demo.stop();
    },
    STAGE_TIMEOUT_MS,
  );

  it(
    'has no routes for API keys when they are off, and accepts no key',
    async () => {
      const { demo, client } = await another({ API_KEYS: 'off' });
      const answers = [
        await client.get('/auth/api-keys'),
        await client.post('/auth/api-keys', { name: 'a' }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([404, 404]);
      await demo.stop();
    },
    STAGE_TIMEOUT_MS,
  );
});
