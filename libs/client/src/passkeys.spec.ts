import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type AuthClient, createAuthClient } from '@tokenward/client';
import {
  addPasskey,
  answerWithPasskey,
  loginWithPasskey,
  loginWithSecondFactor,
} from './factors.js';

const user = { id: 'u1', email: 'ada@example.com' };
const session = { user, expiresIn: 900, accessToken: 'access-1', refreshToken: 'refresh-1' };
const given = { toJSON: () => ({ id: 'credential-1' }) };
const browser = {
  create: jest.fn((_: object) => Promise.resolve<unknown>(given)),
  get: jest.fn((_: object) => Promise.resolve<unknown>(given)),
};
const parsed = (options: object) => ({ ...options, parsed: true });
let client: AuthClient;
let asked: { line: string; body: object; signed: boolean }[];

beforeEach(() => {
  Object.assign(globalThis, {
    PublicKeyCredential: {
      parseCreationOptionsFromJSON: parsed,
      parseRequestOptionsFromJSON: parsed,
    },
  });
  Object.defineProperty(globalThis, 'navigator', {
    value: { credentials: browser },
    configurable: true,
  });
  asked = [];
  client = createAuthClient({
    baseUrl: 'https://api.test',
    transport: 'bearer',
    refreshAheadMs: 0,
    async fetch(input, init) {
      const request = new Request(input as string, init);
      const line = new URL(request.url).pathname.slice('/auth/'.length);
      const signed = request.headers.has('authorization');
      asked.push({ line, body: (await request.json()) as object, signed });
      if (line.endsWith('/options'))
        return Response.json({ ticket: 'ticket-1', options: { challenge: 'c' } });
      if (line === 'passkeys/register') return Response.json({ id: 'p1' }, { status: 201 });
      return Response.json(session);
    },
  });
});
afterEach(() => {
  client.close();
  jest.clearAllMocks();
  Reflect.deleteProperty(globalThis, 'PublicKeyCredential');
  Reflect.deleteProperty(globalThis, 'navigator');
});

describe('passkeys', () => {
  it('are registered for the signed-in user, with the credential of the browser', async () => {
    await client.login({ email: user.email, password: 'a quiet river' });
    expect(await addPasskey(client, 'laptop')).toBe('p1');
    expect(browser.create).toHaveBeenCalledWith({ publicKey: { challenge: 'c', parsed: true } });
    expect(asked.slice(1)).toEqual([
      { line: 'passkeys/register/options', body: {}, signed: true },
      {
        line: 'passkeys/register',
        signed: true,
        body: { ticket: 'ticket-1', response: { id: 'credential-1' }, name: 'laptop' },
      },
    ]);
  });

  it('sign in without a name, and the email field may offer them', async () => {
    const { signal } = new AbortController();
    const options = { mediation: 'conditional', signal, rememberMe: true } as const;
    expect(await loginWithPasskey(client, options)).toEqual(user);
    expect(browser.get).toHaveBeenCalledWith({
      publicKey: { challenge: 'c', parsed: true },
      mediation: 'conditional',
      signal,
    });
    expect(asked.map(({ line }) => line)).toEqual(['passkeys/login/options', 'passkeys/login']);
    expect(asked[1]?.body).toMatchObject({
      ticket: 'ticket-1',
      response: { id: 'credential-1' },
      rememberMe: true,
      transport: 'bearer',
    });
    expect(await client.accessToken()).toBe('access-1');
  });

  it('are the second step of the login of their ticket', async () => {
    const answer = await answerWithPasskey(client, 'ticket-1');
    expect(answer).toEqual({ ticket: 'ticket-1', passkey: { id: 'credential-1' } });
    expect(asked[0]).toEqual({
      line: 'passkeys/login/options',
      body: { ticket: 'ticket-1' },
      signed: false,
    });
    expect(await loginWithSecondFactor(client, answer)).toEqual(user);
  });

  it('sign nobody in when the user declines', async () => {
    browser.get.mockRejectedValueOnce(new DOMException('declined', 'NotAllowedError'));
    await expect(loginWithPasskey(client)).rejects.toThrow('declined');
    expect(asked.map(({ line }) => line)).toEqual(['passkeys/login/options']);
  });
});
