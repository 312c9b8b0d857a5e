import { afterEach, describe, expect, it } from '@jest/globals';
import { type AuthClient, AuthClientError, createAuthClient } from '@tokenward/client';
import {
  addTotp,
  confirmTotp,
  factors,
  loginWithSecondFactor,
  removeFactor,
  renewRecoveryCodes,
} from './factors.js';

const clients: AuthClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

const due = {
  next: 'second_factor',
  ticket: 'ticket-1',
  expiresIn: 300,
  methods: ['totp', 'recovery_code'],
};
const tokens = { expiresIn: 900, accessToken: 'access-1', refreshToken: 'refresh-1' };
const user = { id: 'u1', email: 'ada@example.com' };

/** A bearer client of a server that answers requests by `routes`. */
function open(routes: Readonly<Record<string, (body: string) => Response>>) {
  const asked: string[] = [];
  const events: string[] = [];
  const client = createAuthClient({
    baseUrl: 'https://api.test',
    transport: 'bearer',
    refreshAheadMs: 0,
    async fetch(input, init) {
      const request = new Request(input as string, init);
      const line = `${request.method} ${new URL(request.url).pathname}`;
      asked.push(line);
      const answer = routes[line];
      return answer ? answer(await request.text()) : new Response('{}', { status: 404 });
    },
  });
  for (const name of ['signedIn', 'refreshed'] as const)
    client.on(name, () => void events.push(name));
  client.on('signedOut', ({ reason }) => void events.push(`signedOut: ${reason}`));
  clients.push(client);
  return { client, asked, events };
}
const credentials = { email: 'ada@example.com', password: 'a quiet river' };

describe('a login in two steps', () => {
  it('signs nobody in before the second step', async () => {
    const { client, events } = open({
      'POST /auth/login': () => Response.json(due),
      'POST /auth/login/second-factor': (body) =>
        (JSON.parse(body) as { code?: string }).code === '123456'
          ? Response.json({ user, ...tokens })
          : Response.json({ code: 'second_factor_refused', message: 'no' }, { status: 401 }),
    });
    const first = await client.login(credentials);
    expect(first).toMatchObject({
      next: 'second_factor',
      ticket: 'ticket-1',
      methods: due.methods,
    });
    expect(events).toEqual([]);
    expect(await client.accessToken()).toBeUndefined();

    const wrong = loginWithSecondFactor(client, { ticket: 'ticket-1', code: '000000' });
    await expect(wrong).rejects.toMatchObject({ code: 'second_factor_refused', status: 401 });
    expect(events).toEqual([]);

    const done = await loginWithSecondFactor(client, { ticket: 'ticket-1', code: '123456' });
    expect(done).toEqual(user);
    expect(done.next).toBeUndefined();
    expect(events).toEqual(['signedIn']);
    expect(await client.accessToken()).toBe('access-1');
  });

  it('an answer with neither user nor ticket is an error', async () => {
    const { client } = open({ 'POST /auth/login': () => Response.json(tokens) });
    await expect(client.login(credentials)).rejects.toBeInstanceOf(AuthClientError);
  });

  it('leaves the current user unchanged while the second step is due', async () => {
    let answer: object = { user, ...tokens };
    const { client, events } = open({ 'POST /auth/login': () => Response.json(answer) });
    await client.login(credentials);
    answer = due;
    await client.login(credentials);
    expect(await client.accessToken()).toBe('access-1');
    expect(events).toEqual(['signedIn']);
  });
});

describe('the factors of the signed-in user', () => {
  const secret = { id: 'f1', secret: 'ABC', uri: 'otpauth://totp/x' };

  it('are listed, added, confirmed, renewed and removed', async () => {
    const { client, asked } = open({
      'GET /auth/factors': () => Response.json([{ id: 'f1', kind: 'totp', createdAt: 'then' }]),
      'POST /auth/factors/totp': () => Response.json(secret, { status: 201 }),
      'POST /auth/factors/totp/confirm': () => Response.json({ recoveryCodes: ['one'] }),
      'POST /auth/factors/recovery-codes': () => Response.json({ recoveryCodes: ['two'] }),
      'DELETE /auth/factors/f%2F1': () => new Response(null, { status: 204 }),
    });
    expect(await factors(client)).toMatchObject([{ id: 'f1', kind: 'totp' }]);
    expect(await addTotp(client, 'phone')).toEqual(secret);
    expect(await confirmTotp(client, { id: 'f1', code: '123456' })).toEqual(['one']);
    expect(await renewRecoveryCodes(client)).toEqual(['two']);
    await removeFactor(client, 'f/1');
    expect(asked).toHaveLength(5);
  });

  it('has no codes with a second factor, and rejects a malformed answer', async () => {
    const { client } = open({
      'POST /auth/factors/totp/confirm': () => Response.json({}),
      'POST /auth/factors/totp': () => Response.json({ id: 'f1' }),
      'GET /auth/factors': () => Response.json({ data: [] }),
    });
    expect(await confirmTotp(client, { id: 'f1', code: '123456' })).toBeUndefined();
    await expect(addTotp(client)).rejects.toBeInstanceOf(AuthClientError);
    await expect(factors(client)).rejects.toBeInstanceOf(AuthClientError);
  });
});
