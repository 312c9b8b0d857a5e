import { describe, expect, it } from '@jest/globals';
import type { HttpClient } from './support/http.js';
import { openSocket, openSockets } from './support/sockets.js';
import {
  admin,
  ADAPTERS,
  bearer,
  claimsOf,
  logIn,
  PASSWORD,
  register,
  signUp,
} from './support/stage.js';
import { useStage } from './support/use-stage.js';

/**
 * Far less than the token's lifetime, after which the socket would be closed anyway. The benchmark measures how fast it
 * is.
 */
const AT_ONCE_MS = 10_000;

const stage = useStage({
  env: { TRUSTED_ORIGINS: 'https://app.example.com', ACCESS_TOKEN_TTL: '15m' },
});

const sessionIdOf = async (client: HttpClient) =>
  (await client.get('/auth/me')).json<{ sessionId: string }>().sessionId;

describe.each(ADAPTERS)('WS /events on %s', (adapter) => {
  const other = adapter === 'express' ? 'fastify' : 'express';
  const url = () => stage.demos[adapter].url;
  const client = () => stage.demos[adapter].client();

  // T-qq43
  it('reads the access token from the cookie of the handshake, and sends only the user’s own events', async () => {
    const me = client();
    const person = await signUp(me);
    const socket = await openSocket(url(), { cookie: me.jar.header('/') as string });
    const stranger = client();
    await signUp(stranger);
    expect(await socket.message('ready')).toMatchObject({ sessionId: await sessionIdOf(me) });
    const { events } = await socket.message<{ events: { type: string }[] }>('history');
    expect(events.map(({ type }) => type)).toEqual(['user.registered', 'login.succeeded']);

    await me.post('/auth/refresh');
    expect(await socket.message('event')).toMatchObject({
      event: { type: 'refresh.rotated', userId: person.id },
    });
    expect(JSON.stringify(socket.messages)).not.toMatch(/eyJ|[A-Za-z0-9_-]{60}/);
    expect(socket.messages.filter(({ type }) => type === 'event')).toHaveLength(1);
    await socket.close();
  });

  it('reads it from the first message, and sends nothing before', async () => {
    const me = client();
    const { answer } = await signUp(me, { transport: 'bearer' });
    const socket = await openSocket(url());
    socket.send({ type: 'auth', token: answer.json<{ accessToken: string }>().accessToken });
    await socket.message('ready');
    expect(socket.messages[0]).toMatchObject({ type: 'ready' });
    await socket.close();
  });

  it('gives the first message five seconds', async () => {
    const opened = performance.now();
    const socket = await openSocket(url());
    socket.send('no JSON');
    socket.send({ type: 'unknown', token: 'x' });
    expect(await socket.closed).toMatchObject({ code: 4401 });
    const tookMs = performance.now() - opened;
    expect(tookMs).toBeGreaterThan(4_500);
    expect(tookMs).toBeLessThan(20_000);
    expect(socket.messages).toEqual([]);
  });

  // T-t62j
  it('with 200 waiting sockets closes the one that waited longest for each new one, with 4503', async () => {
    const { answer } = await signUp(client(), { transport: 'bearer' });
    const open = (count: number) =>
      Promise.all(Array.from({ length: count }, () => openSocket(url())));
    const first = await open(20);
    const rest = [...(await open(100)), ...(await open(100))];
    const endings = await Promise.all(first.map(({ closed }) => closed));
    expect(endings).toEqual(first.map(() => ({ code: 4503, reason: 'crowded' })));
    const [last] = await open(1);
    last?.send({ type: 'auth', token: answer.json<{ accessToken: string }>().accessToken });
    expect(await last?.message('ready')).toMatchObject({ type: 'ready' });
    await open(200);
    expect(last?.isOpen()).toBe(true);
    await Promise.all([...rest, last].map((socket) => socket?.close()));
  });

  it.each([
    ['no text', 7],
    ['nothing', undefined],
    ['junk', 'junk'],
    ['over 8 KiB', 'x'.repeat(9_000)],
  ])('closes with 4401 for a token that is %s', async (_name, token) => {
    const socket = await openSocket(url());
    socket.send({ type: 'auth', token });
    expect(await socket.closed).toEqual({ code: 4401, reason: 'refused' });
  });

  it('refuses a bad cookie even with a good header', async () => {
    const { answer } = await signUp(client(), { transport: 'bearer' });
    const { accessToken } = answer.json<{ accessToken: string }>();
    const good = await openSocket(url(), bearer(accessToken).headers);
    await good.message('ready');
    await good.close();
    const bad = await openSocket(url(), {
      ...bearer(accessToken).headers,
      cookie: 'access_token=junk',
    });
    expect(await bad.closed).toMatchObject({ code: 4401 });
  });

  it('never reads a token from the URL', async () => {
    const tokenOf = async () =>
      (await signUp(client(), { transport: 'bearer' })).answer.json<{ accessToken: string }>()
        .accessToken;
    const [named, sent] = [await tokenOf(), await tokenOf()];
    const socket = await openSocket(`${url()}/events?access_token=${named}&token=${named}`);
    socket.send({ type: 'auth', token: sent });
    await socket.message('ready');
    expect(socket.messages[0]).toMatchObject({ type: 'ready', sessionId: claimsOf(sent)['sid'] });
    await socket.close();
  });

  it.each([
    ['a foreign Origin', { origin: 'https://evil.example' }, 403],
    ['Origin null', { origin: 'null' }, 403],
    ['a page of another site that hides its Origin', { 'sec-fetch-site': 'cross-site' }, 403],
    ['the own port on another host', { origin: 'http://localhost' }, 403],
    ['a trusted Origin', { origin: 'https://app.example.com' }, 101],
  ])('%s with a cookie: %j → %i', async (_name, headers, status) => {
    const me = client();
    await signUp(me);
    const opening = openSocket(url(), { ...headers, cookie: me.jar.header('/') as string });
    if (status === 101) await (await opening).close();
    else await expect(opening).rejects.toThrow('403');
  });

  const endings: [
    string,
    (me: HttpClient, person: { id: string; email: string }) => Promise<unknown>,
  ][] = [
    [
      'the session was ended from another device',
      async (me, person) => {
        const second = stage.demos[other].client();
        await logIn(second, { email: person.email, password: PASSWORD });
        const id = await sessionIdOf(me);
        expect((await second.delete(`/auth/sessions/${id}`)).status).toBe(204);
      },
    ],
    ['the user logged out', (me) => me.post('/auth/logout')],
    ['the user logged out everywhere', (me) => me.post('/auth/logout-all')],
    [
      'the password was changed',
      (me) =>
        me.post('/auth/password', {
          currentPassword: PASSWORD,
          newPassword: 'another river at dusk',
        }),
    ],
    [
      'a spent refresh token came again',
      async (me) => {
        const thief = me.copy();
        await me.post('/auth/refresh');
        expect((await thief.post('/auth/refresh')).status).toBe(401);
      },
    ],
    [
      'an admin changed the role on the other process',
      async (_me, { id }) => {
        const boss = stage.demos[other].client();
        await logIn(boss, admin);
        expect((await boss.patch(`/admin/users/${id}`, { role: 'admin' })).status).toBe(200);
      },
    ],
    [
      'an admin revoked the user on the other process',
      async (_me, { id }) => {
        const boss = stage.demos[other].client();
        await logIn(boss, admin);
        expect((await boss.post(`/auth/users/${id}/revoke`)).status).toBe(204);
      },
    ],
  ];

  // T-p43k
  it.each(endings)('closes at once with 4401 when %s', async (_name, act) => {
    const me = client();
    const person = await signUp(me);
    const socket = await openSocket(url(), { cookie: me.jar.header('/') as string });
    await socket.message('history');
    await act(me, person);
    const answered = performance.now();
    expect(await socket.closed).toEqual({ code: 4401, reason: 'revoked' });
    expect(performance.now() - answered).toBeLessThan(AT_ONCE_MS);
  });

  it('continues with a fresh token, and ends with that one', async () => {
    const me = client();
    const { answer } = await signUp(me, { transport: 'bearer' });
    const first = answer.json<{ accessToken: string; refreshToken: string }>();
    const socket = await openSocket(url());
    socket.send({ type: 'auth', token: first.accessToken });
    await socket.message('ready');
    const second = (await me.post('/auth/refresh', { refreshToken: first.refreshToken })).json<
      typeof first
    >();
    socket.send({ type: 'auth', token: second.accessToken });
    await socket.message('ready', 2);
    await me.post('/auth/logout', {}, bearer(second.accessToken));
    expect(await socket.closed).toEqual({ code: 4401, reason: 'revoked' });
  });

  it('never accepts the token of another user', async () => {
    const mine = (await signUp(client(), { transport: 'bearer' })).answer.json<{
      accessToken: string;
    }>();
    const theirs = (await signUp(client(), { transport: 'bearer' })).answer.json<{
      accessToken: string;
    }>();
    const socket = await openSocket(url());
    socket.send({ type: 'auth', token: mine.accessToken });
    await socket.message('ready');
    socket.send({ type: 'auth', token: theirs.accessToken });
    expect(await socket.closed).toEqual({ code: 4401, reason: 'refused' });
  });

  // T-q8gx
  it('closes all of 1,000 sockets within a second of the revocation on another process', async () => {
    const me = client();
    const person = await register(me);
    const { accessToken } = (await logIn(me, person, { transport: 'bearer' })).json<{
      accessToken: string;
    }>();
    const bystander = client();
    await logIn(bystander, person);
    const sockets = await openSockets(1_000, url(), bearer(accessToken).headers);
    const spared = await openSocket(url(), { cookie: bystander.jar.header('/') as string });
    await spared.message('ready');

    const elsewhere = stage.demos[other].client();
    await logIn(elsewhere, person);
    const mine = (await me.get('/auth/me', bearer(accessToken))).json<{ sessionId: string }>();
    expect((await elsewhere.delete(`/auth/sessions/${mine.sessionId}`)).status).toBe(204);
    const answered = performance.now();
    const endings = await Promise.all(sockets.map((socket) => socket.closed));
    expect(performance.now() - answered).toBeLessThan(AT_ONCE_MS);
    expect(new Set(endings.map(({ code }) => code))).toEqual(new Set([4401]));
    expect(spared.isOpen()).toBe(true);
    await spared.close();
  }, 60_000);
});
