import { describe, expect, it } from '@jest/globals';
import { type AuthClient, AuthClientError, createAuthClient } from '@tokenward/client';
import {
  askForMagicLink,
  changeEmail,
  endOtherSessions,
  endSession,
  forgotPassword,
  identities,
  linkIdentity,
  loginWithMagicLink,
  logoutEverywhere,
  register,
  resetPassword,
  sendVerification,
  sessions,
  unlinkIdentity,
  verifyEmail,
} from './account.js';
import { baseUrl, clients, open, refusal } from './account.fixture.js';

describe('the account', () => {
  it('is registered, and a refusal has an error code', async () => {
    const { client } = await open((_line, body) =>
      body.includes('taken')
        ? refusal(409, 'taken')
        : Response.json({ user: { id: 'u2' } }, { status: 201 }),
    );
    expect(await register(client, { email: 'bob@example.com', password: 'x' })).toEqual({
      id: 'u2',
    });
    const refused = register(client, { email: 'taken@example.com', password: 'x' });
    await expect(refused).rejects.toBeInstanceOf(AuthClientError);
    await expect(refused).rejects.toMatchObject({ status: 409, code: 'taken' });
  });

  it('lists its sessions and ends them', async () => {
    const list = [{ id: 's 1', current: true }];
    const { client, asked } = await open((line) =>
      line.startsWith('GET') ? Response.json(list) : new Response(null, { status: 204 }),
    );
    expect(await sessions(client)).toEqual(list);
    await endSession(client, 's 1');
    await endOtherSessions(client);
    await logoutEverywhere(client);
    expect(asked).toEqual([
      'GET /auth/sessions',
      'DELETE /auth/sessions/s%201',
      'DELETE /auth/sessions',
      'POST /auth/logout-all',
      'POST /auth/refresh',
    ]);
  });

  it('lists, links and unlinks its provider accounts', async () => {
    const list = [{ issuer: 'https://issuer.example', linkedAt: '2026-01-01T00:00:00.000Z' }];
    const { client, asked } = await open((line, body) => {
      if (line.startsWith('GET')) return Response.json(list);
      return line.startsWith('POST')
        ? Response.json({ url: `https://issuer.example/?${body}` })
        : new Response(null, { status: 204 });
    });
    expect(await identities(client)).toEqual(list);
    const url = await linkIdentity(client, { provider: 'a/b', returnTo: '/account' });
    expect(url).toBe('https://issuer.example/?{"returnTo":"/account"}');
    await unlinkIdentity(client, 'a/b');
    expect(asked).toEqual([
      'GET /auth/oidc/identities',
      'POST /auth/oidc/a%2Fb/link',
      'DELETE /auth/oidc/a%2Fb/link',
    ]);
  });

  it.each<[string, () => Response]>([
    ['a page of a proxy', () => new Response('<html>')],
    ['an envelope around the answer', () => Response.json({ data: [] })],
    ['a 200 where something was to be ended', () => Response.json([])],
  ])('does not take %s for an answer', async (name, answer) => {
    const { client } = await open(answer);
    const call = name.includes('ended') ? endSession(client, 's1') : sessions(client);
    await expect(call).rejects.toThrow('not an answer of Tokenward');
  });

  it('accepts a signal', async () => {
    const { client } = await open(() => new Promise(() => undefined));
    const controller = new AbortController();
    const listing = sessions(client, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(listing).rejects.toThrow('enough');
  });
});

describe('a call without a session', () => {
  it('signs nobody in by a registration, and the next request is not treated as a lost session', async () => {
    const seen: { line: string; credentials: string | undefined; authorization: string | null }[] =
      [];
    const client = createAuthClient({
      baseUrl,
      refreshAheadMs: 0,
      fetch: (input, init) => {
        const request = new Request(input as string, init);
        const line = `${request.method} ${new URL(request.url).pathname}`;
        seen.push({
          line,
          credentials: init?.credentials,
          authorization: request.headers.get('authorization'),
        });
        const answer = line.endsWith('register')
          ? Response.json({ user: { id: 'u2' } }, { status: 201 })
          : new Response('{}', { status: 401, headers: { 'www-authenticate': 'Bearer' } });
        return Promise.resolve(answer);
      },
    });
    clients.push(client);
    const events: string[] = [];
    client.on('signedOut', ({ reason }) => void events.push(reason));
    await register(client, { email: 'bob@example.com', password: 'a quiet river' });
    expect(seen).toEqual([
      { line: 'POST /auth/register', credentials: 'omit', authorization: null },
    ]);
    expect(events).toEqual([]);
    expect(await client.session()).toBeUndefined();
    expect(events).toEqual([]);
  });

  it.each([
    [
      'password/forgot',
      { email: 'a@example.com' },
      202,
      (c: AuthClient) => forgotPassword(c, 'a@example.com'),
    ],
    [
      'password/reset',
      { token: 't', newPassword: 'a quiet harbour' },
      204,
      (c: AuthClient) => resetPassword(c, { token: 't', newPassword: 'a quiet harbour' }),
    ],
    ['email/verify/send', undefined, 202, (c: AuthClient) => sendVerification(c)],
    ['email/verify', { token: 't' }, 204, (c: AuthClient) => verifyEmail(c, 't')],
    [
      'email/change',
      { email: 'a@example.com' },
      202,
      (c: AuthClient) => changeEmail(c, 'a@example.com'),
    ],
    [
      'magic-link',
      { email: 'a@example.com' },
      202,
      (c: AuthClient) => askForMagicLink(c, 'a@example.com'),
    ],
  ] as const)(
    '%s sends its body, expects its status and refuses another answer',
    async (path, sent, status, ask) => {
      const bodies: string[] = [];
      let answered: number = status;
      const { client, asked } = await open((_line, body) => {
        bodies.push(body);
        return new Response(answered === 200 ? '<html>' : null, { status: answered });
      });
      await expect(ask(client)).resolves.toBeUndefined();
      expect(asked).toEqual([`POST /auth/${path}`]);
      expect(bodies).toEqual([sent ? JSON.stringify(sent) : '']);
      answered = 200;
      await expect(ask(client)).rejects.toBeInstanceOf(AuthClientError);
    },
  );

  it('the token of a mailed link signs in', async () => {
    const { client } = await open((line, body) => {
      expect([line, JSON.parse(body)]).toMatchObject([
        'POST /auth/magic-link/login',
        { token: 'of-the-mail', transport: 'bearer' },
      ]);
      return Response.json({
        user: { id: 'u2', email: 'bob@example.com' },
        expiresIn: 900,
        accessToken: 'a',
        refreshToken: 'r',
      });
    });
    expect(await loginWithMagicLink(client, { token: 'of-the-mail' })).toMatchObject({ id: 'u2' });
    expect(await client.accessToken()).toBe('a');
  });
});
