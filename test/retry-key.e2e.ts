import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { type HttpClient, httpClient } from './support/http.js';
import { letPass } from './support/refreshing.js';
import {
  bearer,
  claimsOf,
  PASSWORD,
  type Person,
  REFUSED,
  refusalOf,
  signUp,
} from './support/stage.js';
import { useStage } from './support/use-stage.js';

const stage = useStage();

const newKey = () => randomBytes(16).toString('base64url');
const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });
const refresh = (client: HttpClient, key?: string) =>
  client.post('/auth/refresh', undefined, key === undefined ? {} : keyed(key));

describe('a retry that says it is one, leeway 0', () => {
  let client: HttpClient;
  let person: Person;
  let lost: HttpClient;
  beforeEach(async () => {
    client = stage.demos.fastify.client();
    person = await signUp(client);
    lost = client.copy();
  });

  const session = async () => {
    const [row] = await stage.rows(
      'select generation, ended_at is null as open, rotation_key, rotated_at from auth_sessions where subject = $1',
      person.id,
    );
    return row;
  };

  // T-4tjg
  it('gets the same successor, on any process, however often, up to the window and no longer', async () => {
    const key = newKey();
    expect((await refresh(client, key)).status).toBe(200);
    const successor = client.jar.get('refresh_token');
    await letPass(stage, person, 890);
    const before = await session();
    for (const where of ['fastify', 'express', 'express'] as const) {
      const retry = httpClient(stage.demos[where].url, lost.jar.copy());
      expect((await refresh(retry, key)).status).toBe(200);
      expect(retry.jar.get('refresh_token')).toBe(successor);
      expect((await retry.get('/me')).status).toBe(200);
    }
    expect(await session()).toEqual(before);

    await letPass(stage, person, 20);
    expect(refusalOf(await refresh(lost, key))).toEqual(REFUSED);
    expect(await session()).toMatchObject({ generation: 2, open: false });
  });

  // T-24bh
  it.each([
    ['no key', () => undefined],
    ['another key', newKey],
  ])('is reuse with %s', async (_name, other) => {
    await refresh(client, newKey());
    expect(refusalOf(await refresh(lost, other()))).toEqual(REFUSED);
    expect(await session()).toMatchObject({ open: false });
    expect((await client.get('/me')).status).toBe(401);
  });

  // T-c3cw
  it('of an older generation is reuse, with any key', async () => {
    const key = newKey();
    await refresh(client, key);
    await refresh(client, newKey());
    expect(refusalOf(await refresh(lost, key))).toEqual(REFUSED);
    expect(await session()).toMatchObject({ open: false });
  });

  // T-fgg7
  it('of 20 uses at once on two processes with one key all get one successor', async () => {
    const key = newKey();
    const urls = [stage.demos.express.url, stage.demos.fastify.url];
    const tabs = Array.from({ length: 20 }, (_, at) =>
      httpClient(String(urls[at % 2]), client.jar.copy()),
    );
    const answers = await Promise.all(tabs.map((tab) => refresh(tab, key)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(tabs.map((tab) => tab.jar.get('refresh_token'))).size).toBe(1);
    expect(await session()).toMatchObject({ generation: 2, open: true });
  });

  // T-s6vt
  it('after a password change works at the refresh route, with and without a presented token', async () => {
    for (const presented of ['cookie', 'nothing'] as const) {
      const device = stage.demos.fastify.client();
      const { id, answer } = await signUp(device, { transport: 'bearer' });
      const { accessToken, refreshToken } = answer.json<Record<string, string>>();
      const key = newKey();
      const changed = await device.post(
        '/auth/password',
        {
          currentPassword: PASSWORD,
          newPassword: 'another quiet river',
          ...(presented === 'cookie' && { refreshToken }),
        },
        { headers: { ...bearer(String(accessToken)).headers, 'idempotency-key': key } },
      );
      expect(changed.status).toBe(200);
      const retry = await device.post('/auth/refresh', { refreshToken }, keyed(key));
      expect(retry.status).toBe(200);
      expect(retry.json()['refreshToken']).toBe(changed.json()['refreshToken']);
      const [row] = await stage.rows('select generation from auth_sessions where subject = $1', id);
      expect(row).toEqual({ generation: 2 });
    }
  });

  it('of a reauthentication gets its successor and fresh proof again; the password is checked each time', async () => {
    const key = newKey();
    const proof = () =>
      lost.copy().post('/auth/reauthenticate', { password: PASSWORD }, keyed(key));
    const [first, second] = [await proof(), await proof()];
    expect([first.status, second.status]).toEqual([200, 200]);
    const successor = (answer: typeof first) =>
      answer.setCookies.find((line) => line.startsWith('refresh_token='))?.split(';')[0];
    expect(successor(second)).toBe(successor(first));
    const wrong = await lost.copy().post('/auth/reauthenticate', { password: 'wrong' }, keyed(key));
    expect([wrong.status, wrong.setCookies]).toEqual([403, []]);
    expect((await refresh(lost, key)).status).toBe(200);
    expect(lost.jar.get('refresh_token')).toBe(successor(first)?.split('=')[1]);
    expect(await session()).toMatchObject({ generation: 2, open: true });
    const access = lost.jar.get('access_token') ?? '';
    expect(Number(claimsOf(access)['auth_time'])).toBeGreaterThan(0);
  });

  it('cannot use the key of a refresh for a password change', async () => {
    const key = newKey();
    await refresh(client, key);
    const answer = await client.post(
      '/auth/password',
      { currentPassword: PASSWORD, newPassword: 'another quiet river' },
      keyed(key),
    );
    expect([answer.status, answer.setCookies]).toEqual([401, []]);
    expect(
      (await client.post('/auth/login', { email: person.email, password: PASSWORD })).status,
    ).toBe(200);
  });

  it.each([
    ['an empty one', ''],
    ['a short one', 'a'.repeat(21)],
    ['a long one', 'a'.repeat(129)],
    ['a quoted one', `"${'a'.repeat(22)}"`],
    ['one with a stray character', `${'a'.repeat(22)}=`],
    ['two of them', ['a'.repeat(22), 'b'.repeat(22)]],
  ])('is 400 with %s, spends nothing and clears nothing', async (_name, key) => {
    const answer = await client.post('/auth/refresh', undefined, {
      headers: { 'idempotency-key': key },
    });
    expect(answer.status).toBe(400);
    expect(answer.json()['message']).toContain('Idempotency-Key');
    expect(answer.setCookies).toEqual([]);
    expect(await session()).toMatchObject({ generation: 1 });
  });

  // T-gk3g
  it('stores only the hash of the key', async () => {
    const key = newKey();
    await refresh(client, key);
    const { rotation_key: kept } = (await session()) ?? {};
    expect(Buffer.isBuffer(kept) && kept.length).toBe(32);
    expect(JSON.stringify(await stage.rows('select * from auth_audit'))).not.toContain(key);
  });
});
