import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpClient } from './support/http.js';
import {
  admin,
  claimsOf,
  goodClaims,
  logIn,
  type Person,
  REFUSED,
  refusalOf,
  signUp,
  UNAUTHENTICATED,
} from './support/stage.js';
import { useStage } from './support/use-stage.js';

const DENIED = { statusCode: 403, error: 'Forbidden', message: 'Access denied', code: 'forbidden' };

const stage = useStage();

describe('who may do what', () => {
  let root: HttpClient;
  let client: HttpClient;
  let person: Person;
  beforeEach(async () => {
    root = stage.demos.express.client();
    client = stage.demos.express.client();
    await logIn(root, admin);
    person = await signUp(client);
  });

  const patch = (change: object, id = person.id, by = root) =>
    by.patch(`/admin/users/${id}`, change);
  const subject = async () => {
    const [row] = await stage.rows(
      'select token_version, session_epoch from auth_subjects where subject = $1',
      person.id,
    );
    return row;
  };

  it('serves /public to everybody, but /me only with a token', async () => {
    client.jar.clear();
    expect((await client.get('/public')).status).toBe(200);
    expect(refusalOf(await client.get('/me'))).toEqual(UNAUTHENTICATED);
    const bad = { headers: { authorization: 'Bearer x' } };
    expect((await client.get('/public', bad)).status).toBe(200);
  });

  // T-hzpq
  it('serves /optional with and without a token, and refuses a bad token', async () => {
    expect((await client.get('/optional')).json()).toEqual({ id: person.id });
    const bad = { headers: { authorization: 'Bearer x' } };
    client.jar.clear();
    expect((await client.get('/optional')).json()).toEqual({ id: null });
    expect(refusalOf(await client.get('/optional', bad))).toEqual(REFUSED);
  });

  it('answers 403 where the role is missing and 401 where the token is', async () => {
    for (const answer of [
      await client.get('/admin/users'),
      await patch({ role: 'admin' }, person.id, client),
    ]) {
      expect(answer.status).toBe(403);
      expect(answer.json()).toEqual(DENIED);
    }
    client.jar.clear();
    expect(refusalOf(await client.get('/admin/users'))).toEqual(UNAUTHENTICATED);
    expect((await root.get('/admin/users')).json()).toContainEqual({
      id: person.id,
      email: person.email,
      name: null,
      role: 'user',
      disabled: false,
    });
  });

  // T-r9q3
  it('a role change takes effect at once: the old token is refused, and the next one has the new role', async () => {
    const answer = await patch({ role: 'admin' });

    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ id: person.id, role: 'admin', disabled: false });
    expect(await subject()).toEqual({ token_version: 2, session_epoch: 1 });
    expect(refusalOf(await client.get('/me'))).toEqual(REFUSED);
    expect((await client.post('/auth/refresh')).status).toBe(200);
    expect((await client.get('/admin/users')).status).toBe(200);

    await patch({ role: 'user' });
    expect(refusalOf(await client.get('/admin/users'))).toEqual(REFUSED);
    expect((await client.post('/auth/refresh')).status).toBe(200);
    expect((await client.get('/admin/users')).json()).toEqual(DENIED);
  });

  // T-tzhb
  it('ends every session of a user who is disabled, and refuses the login like any other', async () => {
    const answer = await patch({ disabled: true });

    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ disabled: true });
    expect(refusalOf(await client.get('/me'))).toEqual(REFUSED);
    expect((await client.post('/auth/refresh')).status).toBe(401);
    const [row] = await stage.rows(
      'select end_reason from auth_sessions where subject = $1',
      person.id,
    );
    expect(row).toEqual({ end_reason: 'user_disabled' });
    const disabled = await client.post('/auth/login', {
      email: person.email,
      password: person.password,
    });
    const unknown = await client.post('/auth/login', {
      email: 'nobody@people.test',
      password: 'x',
    });
    expect(refusalOf(disabled)).toEqual(refusalOf(unknown));

    await patch({ disabled: false });
    expect((await client.post('/auth/refresh')).status).toBe(401);
    expect((await logIn(client, person)).status).toBe(200);
  });

  // T-3rv7
  it('ends every session of a user who is deleted, on every process, and refuses the login like any other', async () => {
    const elsewhere = stage.demos.fastify.client();
    await logIn(elsewhere, person);
    expect((await client.delete('/account')).status).toBe(204);
    const refusedFrom = performance.now() + 1_000;

    expect(refusalOf(await client.get('/me'))).toEqual(REFUSED);
    const ended = await stage.rows(
      'select end_reason from auth_sessions where subject = $1',
      person.id,
    );
    expect(ended).toEqual([{ end_reason: 'user_deleted' }, { end_reason: 'user_deleted' }]);
    expect(await stage.rows('select 1 from users where id = $1', person.id)).toEqual([]);
    let askedAt = performance.now();
    while ((await elsewhere.get('/me')).status === 200) {
      expect(askedAt).toBeLessThan(refusedFrom);
      askedAt = performance.now();
    }
    for (const each of [client, elsewhere]) {
      expect(refusalOf(await each.get('/me'))).toEqual(REFUSED);
      expect((await each.post('/auth/refresh')).status).toBe(401);
    }
    const deleted = await client.post('/auth/login', {
      email: person.email,
      password: person.password,
    });
    const unknown = await client.post('/auth/login', {
      email: 'nobody@people.test',
      password: 'x',
    });
    expect(refusalOf(deleted)).toEqual(refusalOf(unknown));
  });

  it.each([
    ['an unknown user', randomUUID(), { role: 'admin' }, 404],
    ['a malformed id', 'x', { role: 'admin' }, 404],
    ['an unknown role', undefined, { role: 'emperor' }, 400],
    ['a malformed flag', undefined, { disabled: 'yes' }, 400],
    ['nothing to change', undefined, {}, 400],
  ])('refuses to change %s', async (_, id, change, status) => {
    const answer = await patch(change, id);
    expect(answer.status).toBe(status);
    expect(Object.keys(answer.json()).sort()).toEqual(['code', 'error', 'message', 'statusCode']);
    expect(answer.text).not.toContain('emperor');
    expect((await client.get('/me')).status).toBe(200);
    if (id)
      expect(await stage.rows('select 1 from auth_subjects where subject = $1', id)).toEqual([]);
  });

  describe('at TokenVersionGuard a token is refused when the database', () => {
    let token: string;
    beforeEach(async () => {
      await stage.rows(`update users set role = 'admin' where id = $1`, person.id);
      await logIn(client, person);
      token = client.jar.get('access_token') ?? '';
      expect((await client.get('/admin/users')).status).toBe(200);
    });

    it.each([
      ['holds another version', `update auth_subjects set token_version = 2 where subject = $1`],
      ['holds another role', `update users set role = 'user' where id = $1::uuid`],
      ['holds other permissions', `update users set permissions = '{notes}' where id = $1::uuid`],
      ['holds no such user', `delete from users where id = $1::uuid`],
      ['holds a disabled user', `update users set disabled = true where id = $1::uuid`],
      ['holds an ended session', `update auth_sessions set ended_at = now() where subject = $1`],
      ['holds another epoch', `update auth_subjects set session_epoch = 2 where subject = $1`],
      [
        'holds an expired session',
        `update auth_sessions set idle_expires_at = now() where subject = $1`,
      ],
      ['holds no such session', `delete from auth_sessions where subject = $1`],
    ])('%s', async (_, statement) => {
      await stage.rows(statement, person.id);

      expect(refusalOf(await client.get('/admin/users'))).toEqual(REFUSED);
      expect(refusalOf(await client.post(`/auth/users/${randomUUID()}/revoke`))).toEqual(REFUSED);
    });

    it('has no session of that id, although the signature is right', async () => {
      const good = { ...claimsOf(token), jti: randomUUID() };
      const ask = (claims: object) =>
        client.get('/admin/users', {
          headers: { authorization: `Bearer ${stage.signed({ ...claims })}` },
          cookies: 'omit',
        });
      expect((await ask(good)).status).toBe(200);
      for (const wrong of [{ sid: randomUUID() }, { sub: randomUUID() }, { tokenVersion: 9 }])
        expect(refusalOf(await ask({ ...good, ...wrong }))).toEqual(REFUSED);
      expect(refusalOf(await ask(goodClaims({ role: 'admin' })))).toEqual(REFUSED);
    });

    it.each([{ sid: 'no-uuid' }, { sub: 'no-uuid' }, { sub: 'x\u0000y' }])(
      'cannot hold %j',
      async (wrong) => {
        const odd = stage.signed({ ...claimsOf(token), jti: randomUUID(), ...wrong });
        const answer = await client.get('/admin/users', {
          headers: { authorization: `Bearer ${odd}` },
          cookies: 'omit',
        });
        expect(refusalOf(answer)).toEqual(REFUSED);
      },
    );
  });

  // T-5xfm
  it('lets only an admin revoke every session of a user', async () => {
    const denied = await client.post(`/auth/users/${person.id}/revoke`);
    expect(denied.status).toBe(403);
    expect(denied.json()).toEqual(DENIED);
    expect((await client.get('/me')).status).toBe(200);

    const answer = await root.post(`/auth/users/${person.id}/revoke`);
    expect(answer.status).toBe(204);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(refusalOf(await client.get('/me'))).toEqual(REFUSED);
    expect((await client.post('/auth/refresh')).status).toBe(401);
    expect((await root.get('/me')).status).toBe(200);
    expect((await root.post(`/auth/users/${randomUUID()}/revoke`)).status).toBe(404);
  });

  it('shows and deletes the caller’s own notes only', async () => {
    const stranger = stage.demos.express.client();
    await signUp(stranger);
    const { id } = (await client.post('/notes', { text: 'mine' })).json();

    expect((await stranger.get('/notes')).json()).toEqual([]);
    expect((await stranger.delete(`/notes/${String(id)}`)).status).toBe(404);
    expect((await client.get('/notes')).json()).toMatchObject([{ id, text: 'mine' }]);
    expect((await client.delete(`/notes/${String(id)}`)).status).toBe(204);
    expect((await client.get('/notes')).json()).toEqual([]);
  });
});
