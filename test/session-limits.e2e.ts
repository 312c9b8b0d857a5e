import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuthService } from '@tokenward/nestjs';
import type { OpeningSession, SessionLimits } from '@tokenward/nestjs/options';
import {
  addPerson,
  HOST_PASSWORD as PASSWORD,
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  hostWith,
  signInAt,
} from './support/host-app.js';

const down = (): never => {
  throw new Error('the directory of plans is down');
};

describe('sessions.limits', () => {
  let database: HostDatabase;
  let host: HostApp;
  let auth: AuthService;
  let limits: (opening: OpeningSession) => SessionLimits | Promise<SessionLimits>;

  beforeAll(async () => {
    database = await hostDatabase();
    const options = hostOptions(database, {
      refreshToken: { ttl: '10d', rememberMeTtl: '20d', absoluteTtl: '30d' },
      sessions: { limits: (opening) => limits(opening) },
      storeDeadline: '1s',
    });
    const started = await hostWith(options);
    [host, auth] = [started, started.auth];
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });

  const person = (kind = 'member') => addPerson(host, database, { kind });

  const signIn = (mail: string, more?: object, headers?: Record<string, string>) =>
    signInAt(host, mail, more, headers);

  // T-cp5w
  it('limits by role and client apply from the first token on, through every refresh', async () => {
    limits = ({ role, userAgent }) =>
      userAgent === 'kiosk'
        ? { accessTtl: '1m', idleTtl: '10m', absoluteTtl: '8h' }
        : { ...(role === 'guest' && { maxPerUser: 1 }) };
    const { id, mail } = await person();
    const { client, answer } = await signIn(mail, { rememberMe: true }, { 'user-agent': 'kiosk' });
    const maxAges = (lines: readonly string[]) =>
      lines
        .filter((line) => /^(?:access|refresh)_/.test(line))
        .map((line) => /Max-Age=(\d+)/.exec(line)?.[1]);
    expect([answer.json()['expiresIn'], maxAges(answer.setCookies)]).toEqual([60, ['60', '600']]);
    const refreshed = await client.post('/auth/refresh');
    expect([refreshed.json()['expiresIn'], maxAges(refreshed.setCookies)]).toEqual([
      60,
      ['60', '600'],
    ]);
    const again = await client.post('/auth/reauthenticate', { password: PASSWORD });
    expect([again.json()['expiresIn'], maxAges(again.setCookies)]).toEqual([60, ['60', '600']]);
    const [session] = await auth.sessions(id);
    const span = Number(session?.absoluteExpiresAt) - Number(session?.createdAt);
    expect(span).toBe(8 * 3_600_000);

    const other = await signIn(mail, { rememberMe: true });
    expect([other.answer.json()['expiresIn'], maxAges(other.answer.setCookies)]).toEqual([
      900,
      ['900', String(20 * 86_400)],
    ]);
    expect(await auth.sessions(id)).toHaveLength(2);

    const guest = await person('guest');
    const first = await signIn(guest.mail);
    const second = await signIn(guest.mail);
    expect((await first.client.get('/auth/me')).status).toBe(401);
    expect((await second.client.get('/auth/me')).status).toBe(200);
  });

  // T-bhvx
  it.each<[string, number, () => SessionLimits | Promise<SessionLimits>]>([
    ['fails', 503, async () => down()],
    ['throws', 503, down],
    ['does not answer', 503, () => new Promise<SessionLimits>(() => undefined)],
    ['answers nothing', 500, () => undefined as unknown as SessionLimits],
    ['has an unknown member', 500, () => ({ idle: '5m' }) as SessionLimits],
    ['allows no session', 500, () => ({ maxPerUser: 0 })],
    ['is longer than accessToken.ttl', 500, () => ({ accessTtl: '16m' })],
    ['is longer than refreshToken.rememberMeTtl', 500, () => ({ idleTtl: '21d' })],
    ['is longer than refreshToken.absoluteTtl', 500, () => ({ absoluteTtl: '31d' })],
    ['is not a duration', 500, () => ({ accessTtl: 'soon' as '1m' })],
  ])('a limit that %s opens no session: %i', async (_, status, answer) => {
    const { id, mail } = await person();
    limits = answer;
    const refused = (await signIn(mail)).answer;
    expect([refused.status, refused.setCookies]).toEqual([status, []]);
    expect(refused.headers['retry-after']).toBe(status === 503 ? '1' : undefined);
    expect(refused.text).not.toContain('plans');
    expect(await auth.sessions(id)).toEqual([]);
  });
});
