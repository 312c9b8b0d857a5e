import { Module } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AuthService, type UserAccount } from '@tokenward/nestjs';
import { actAs, AuthTestingModule } from '@tokenward/nestjs/testing';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import {
  addPerson,
  ClaimsController,
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  hostWith,
  people,
  signInAt,
  startHost,
} from './support/host-app.js';
import { bearer, claimsOf } from './support/stage.js';

const OPENING = { transport: 'bearer', secondFactor: 'satisfied' } as const;

/**
 * Flows that the host has: social login, second factor, resets; claims of its own. Changes of users:
 * host-changes.e2e.ts.
 */
describe('what a host does with AuthService', () => {
  let database: HostDatabase;
  let host: HostApp;
  let auth: AuthService;
  let extra: Record<string, unknown>;
  let needsSecondFactor: (account: UserAccount) => boolean;

  beforeAll(async () => {
    database = await hostDatabase();
    const options = hostOptions(database, {
      accessToken: {
        claims: () => extra,
        claimsSchema: z.object({ tenant: z.string().max(4000).optional() }),
      },
      secondFactor: (account) => (needsSecondFactor(account) ? 'needed' : 'not_needed'),
    });
    const started = await hostWith(options, [ClaimsController]);
    [host, auth] = [started, started.auth];
  });
  beforeEach(() => {
    extra = {};
    needsSecondFactor = () => false;
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });

  const person = () => addPerson(host, database);

  const signIn = (mail: string, more?: object) => signInAt(host, mail, more);
  const status = async (token: string): Promise<number> =>
    (await host.client().get('/auth/me', bearer(token))).status;

  // T-4f7c
  it('opens a session for a user whom the host has authenticated', async () => {
    const { id } = await person();
    const authTime = new Date(Date.now() - 60_000);
    const { user, grant } = await auth.openSession(id, {
      ...OPENING,
      authTime,
      amr: ['pwd', 'otp'],
    });
    expect(user.id).toBe(id);
    const me = await host.client().get('/auth/me', bearer(grant.accessToken));
    expect(me.json()).toMatchObject({ id, sessionId: grant.sessionId, amr: ['pwd', 'otp'] });
    const told = Date.parse(me.json<{ authTime: string }>().authTime);
    expect(Math.abs(told - authTime.getTime())).toBeLessThan(1000);
    expect((await auth.sessions(id))[0]?.amr).toEqual(['pwd', 'otp']);
    const refreshed = await host
      .client()
      .post('/auth/refresh', { refreshToken: grant.refreshToken });
    const { accessToken } = refreshed.json<{ accessToken: string }>();
    const later = await host.client().get('/auth/me', bearer(accessToken));
    expect(later.json()).toMatchObject({ id, amr: ['pwd', 'otp'] });
  });

  it('opens none for an unknown or disabled user', async () => {
    const { id } = await person();
    await database.db.update(people).set({ locked: true }).where(eq(people.ref, id));
    await expect(auth.openSession(id)).rejects.toMatchObject({ code: 'login_refused' });
    await expect(auth.openSession('no-such-user')).rejects.toMatchObject({ code: 'login_refused' });
    for (const authTime of [new Date(Date.now() + 60_000), new Date(-1), new Date(NaN)])
      await expect(auth.openSession(id, { authTime })).rejects.toMatchObject({
        reason: 'configuration_invalid',
      });
  });

  // T-qqc8
  it('a login that needs a second factor opens nothing, and says so only after the right password', async () => {
    const { id, mail } = await person();
    needsSecondFactor = (account) => account.id === id;
    expect((await signIn(mail, { password: 'something else entirely' })).answer.status).toBe(401);
    const { answer } = await signIn(mail);
    expect([answer.status, answer.json().message, answer.setCookies]).toEqual([
      403,
      'Second factor required',
      [],
    ]);
    expect(await auth.sessions(id)).toEqual([]);
  });

  // T-nnqn
  it('revokeToken, revokeSession and revokeUser take effect in this process before they answer', async () => {
    const { id } = await person();
    const open = async () => (await auth.openSession(id, OPENING)).grant;
    const one = await open();
    const two = await open();
    const { jti, exp } = claimsOf(one.accessToken);
    await auth.revokeToken(String(jti), Number(exp));
    expect([await status(one.accessToken), await status(two.accessToken)]).toEqual([401, 200]);
    expect(await auth.revokeSession(two.sessionId)).toBe('ended');
    expect(await auth.revokeSession(two.sessionId)).toBe('not_found');
    expect(await status(two.accessToken)).toBe(401);
    const three = await open();
    await auth.revokeUser(id);
    expect(await status(three.accessToken)).toBe(401);
    const four = await open();
    expect(await status(four.accessToken)).toBe(200);
  });

  // T-tjht
  it('claims of the host reach the principal; a claim that the schema or the deny-list refuses opens no session', async () => {
    const { id, mail } = await person();
    extra = { tenant: 'acme' };
    const { client } = await signIn(mail);
    expect((await client.get('/claims')).json()).toEqual({ tenant: 'acme' });
    for (const bad of [{ tenant: 7 }, { email: mail }, { password: 'x' }, { sub: 'other' }]) {
      extra = bad;
      const before = (await auth.sessions(id)).length;
      expect((await signIn(mail)).answer.status).toBe(500);
      expect(await auth.sessions(id)).toHaveLength(before);
    }
  });

  // T-558d
  it('an access cookie that would not fit in 4,096 bytes is refused at issue, and opens nothing', async () => {
    const { id, mail } = await person();
    extra = { tenant: 'x'.repeat(3900) };
    expect((await signIn(mail)).answer.status).toBe(500);
    expect(await auth.sessions(id)).toEqual([]);
    expect((await signIn(mail, { transport: 'bearer' })).answer.status).toBe(200);
  });

  // T-3vth
  it('cleanUp removes on demand', async () => {
    expect(typeof (await auth.cleanUp())).toBe('number');
  });

  // T-m7xm
  it('afterRestore ends every session and refuses every token issued before', async () => {
    const { id } = await person();
    const { grant } = await auth.openSession(id, OPENING);
    await auth.afterRestore();
    expect(await status(grant.accessToken)).toBe(401);
    const refreshed = await host
      .client()
      .post('/auth/refresh', { refreshToken: grant.refreshToken });
    expect(refreshed.status).toBe(401);
    expect(await auth.sessions(id)).toEqual([]);
  });

  // T-pfpb
  it('revokeKey takes effect in this process before it answers, and no other key signs instead', async () => {
    @Module({ imports: [AuthTestingModule.forRoot()] })
    class Host {}
    const { app, client, close } = await startHost(Host);
    try {
      const { headers, accessToken } = await actAs(app, { id: 'ada' });
      expect((await client().get('/auth/me', { headers })).status).toBe(200);
      const [header = ''] = accessToken.split('.');
      const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
      await app.get(AuthService).revokeKey(kid);
      expect((await client().get('/auth/me', { headers })).status).toBe(401);
      await expect(actAs(app, { id: 'ada' })).rejects.toMatchObject({ code: 'unavailable' });
    } finally {
      await close();
    }
  });
});
