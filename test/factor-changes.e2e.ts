import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ManualClock } from '@tokenward/nestjs/testing';
import { decodeJwt } from 'jose';
import { type FactorHost, factorHost, PASSWORD, type Session } from './support/factor-host.js';
import { enrolled, signedInWithCode } from './support/factor-sign-in.js';

const CHALLENGE = 'Bearer error="insufficient_user_authentication", max_age="300"';

describe('a change of factors', () => {
  let host: FactorHost;
  beforeAll(async () => {
    host = await factorHost();
  });
  afterAll(() => host.close());

  const changes: readonly (readonly [
    string,
    (token: string, id: string) => Promise<{ status: number }>,
  ])[] = [
    ['starting another app', (token) => host.post('factors/totp', {}, token)],
    [
      'confirming one',
      (token, id) => host.post('factors/totp/confirm', { id, code: '000000' }, token),
    ],
    ['new recovery codes', (token) => host.post('factors/recovery-codes', undefined, token)],
    ['registering a passkey', (token) => host.post('passkeys/register/options', undefined, token)],
    ['removing one', (token, id) => host.remove(`factors/${id}`, token)],
  ];

  // T-wtz9
  it.each(changes)('%s wants a proof of five minutes that includes a factor', async (_, change) => {
    const { person, secret, id, session } = await enrolled(host);
    const byPassword = (await change(session.accessToken, id)) as Awaited<
      ReturnType<typeof host.post>
    >;
    expect([byPassword.status, byPassword.headers['www-authenticate']]).toEqual([401, CHALLENGE]);
    const fresh = await signedInWithCode(host, person, secret);
    host.clock.advance('271s');
    expect((await change(fresh.accessToken, id)).status).toBe(401);
    const { status } = await change((await signedInWithCode(host, person, secret)).accessToken, id);
    expect([200, 201, 204, 404]).toContain(status);
  });

  // T-c8jd
  it('revokes access tokens and fresh proof of the other sessions, but not of its own', async () => {
    const person = await host.person();
    const [mine, other] = [await host.signIn(person), await host.signIn(person)];
    expect((await host.addTotp(mine.accessToken)).status).toBe(200);
    expect((await host.get('me', mine.accessToken)).status).toBe(200);
    expect((await host.get('me', other.accessToken)).status).toBe(401);
    const refreshed = await host.post('refresh', { refreshToken: other.refreshToken });
    const { accessToken } = refreshed.json<Session & object>();
    expect((await host.get('me', accessToken)).status).toBe(200);
    expect(decodeJwt(accessToken)['auth_time']).toBe(0);
    const again = await host.post('factors/totp', {}, accessToken);
    expect([again.status, again.headers['www-authenticate']]).toEqual([401, CHALLENGE]);
    expect(host.events).toContainEqual(
      expect.objectContaining({
        type: 'factor.changed',
        userId: person.id,
        change: 'totp_added',
      }),
    );
  });

  // T-wt8n
  it('lists the factors in use, removes one once, and asks for none afterwards', async () => {
    const { person, secret, id } = await enrolled(host);
    const { accessToken } = await signedInWithCode(host, person, secret);
    const [listed, ...more] = (await host.get('factors', accessToken)).json<
      Record<string, unknown>[]
    >();
    expect(more).toEqual([]);
    expect(listed).toEqual({
      id,
      kind: 'totp',
      name: 'phone',
      createdAt: expect.any(String) as unknown,
      lastUsedAt: expect.any(String) as unknown,
    });
    const renewed = await host.post('factors/recovery-codes', undefined, accessToken);
    expect(renewed.json<{ recoveryCodes: string[] }>().recoveryCodes).toHaveLength(10);
    const other = await enrolled(host);
    expect((await host.remove(`factors/${other.id}`, accessToken)).status).toBe(404);
    expect((await host.remove(`factors/${id}`, accessToken)).status).toBe(204);
    expect((await host.remove(`factors/${id}`, accessToken)).status).toBe(404);
    expect((await host.signIn(person)).accessToken).toEqual(expect.any(String));
  });

  it('refuses a first code that is wrong, and another user’s secret', async () => {
    const [person, other] = [await host.person(), await host.person()];
    const [mine, theirs] = [await host.signIn(person), await host.signIn(other)];
    const started = await host.post('factors/totp', {}, mine.accessToken);
    const { id, secret } = started.json<{ id: string; secret: string }>();
    const confirm = (code: string, token: string) =>
      host.post('factors/totp/confirm', { id, code }, token);
    expect((await confirm('000000', mine.accessToken)).status).toBe(403);
    expect((await confirm(host.code(secret), theirs.accessToken)).status).toBe(404);
    expect((await host.get('factors', mine.accessToken)).json()).toEqual([]);
    expect((await confirm(host.code(secret), mine.accessToken)).status).toBe(200);
  });
});

// T-c6at
it.each(['ahead of', 'behind'])(
  'a proof is fresh though the clock of the database is ten minutes %s that of the process',
  async (where) => {
    const databaseClock = new ManualClock();
    const host = await factorHost({ databaseClock });
    (where === 'behind' ? host.clock : databaseClock).advance('10m');
    const person = await host.person();
    const first = await host.signIn(person);
    const NEXT = 'another long passphrase';
    const passwords = { currentPassword: PASSWORD, newPassword: NEXT };
    const changed = await host.post('password', passwords, first.accessToken);
    const again = await host.post(
      'reauthenticate',
      { password: NEXT },
      changed.json<Session & object>().accessToken,
    );
    for (const { accessToken } of [changed, again].map((each) => each.json<Session & object>()))
      expect((await host.post('factors/totp', {}, accessToken)).status).toBe(201);
    await host.close();
  },
);
