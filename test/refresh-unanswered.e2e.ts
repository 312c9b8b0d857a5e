import { generateKeyPairSync, sign } from 'node:crypto';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { AuthService, UserDirectory } from '@tokenward/nestjs';
import type { AuthEvent } from '@tokenward/nestjs/observe';
import { AuthTestingModule, memoryStorage } from '@tokenward/nestjs/testing';
import { httpClient } from './support/http.js';

type Options = NonNullable<Parameters<typeof AuthTestingModule.forRoot>[0]>;

const ADA = { email: 'ada@example.com', password: 'a quiet harbour at dawn' };
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let outage = false;
const unlessOut = (): void => {
  if (outage) throw new Error('out of reach');
};

/** The users of a storage, as if another service kept them. */
function elsewhere(users: UserDirectory): UserDirectory {
  const asked =
    <A extends unknown[], R>(ask: (...given: A) => R) =>
    (...given: A): R => (unlessOut(), ask(...given));
  return {
    findByEmail: asked((email: string) => users.findByEmail(email)),
    findById: asked((id: string) => users.findById(id)),
    replacePasswordHash: (...change) => users.replacePasswordHash(...change),
    create: (user) => users.create?.(user) as ReturnType<NonNullable<UserDirectory['create']>>,
  };
}

const users = memoryStorage({ users: 'elsewhere' });
const FAILURES: readonly (readonly [string, Options, number])[] = [
  ['the user directory', { storage: users, users: elsewhere(users.users) }, 503],
  ['the claims hook', { accessToken: { claims: () => (unlessOut(), { plan: 'team' }) } }, 503],
  [
    'a signer elsewhere',
    {
      keys: {
        algorithm: 'ES256',
        publicKey,
        sign: async ({ bytes }) => (unlessOut(), sign('sha256', bytes, privateKey)),
      },
    },
    503,
  ],
];

describe('a refresh that cannot be answered', () => {
  const events: AuthEvent['type'][] = [];
  let app: INestApplication;
  afterEach(async () => {
    outage = false;
    events.length = 0;
    await app.close();
  });

  async function twoSessions(options: Options) {
    const onEvent = ({ type }: AuthEvent) => void events.push(type);
    @Module({
      imports: [AuthTestingModule.forRoot({ routes: { register: true }, onEvent, ...options })],
    })
    class Host {}
    app = await NestFactory.create(Host, { logger: false });
    await app.listen(0, '127.0.0.1');
    const clients = [httpClient(await app.getUrl()), httpClient(await app.getUrl())] as const;
    expect((await clients[0].post('/auth/register', ADA)).status).toBe(201);
    for (const each of clients) expect((await each.post('/auth/login', ADA)).status).toBe(200);
    return clients;
  }
  const refresh = async (client: ReturnType<typeof httpClient>) =>
    (await client.post('/auth/refresh')).status;

  it.each(FAILURES)(
    'because of %s, spends no token: the next try goes on',
    async (_who, options, status) => {
      const [client, other] = await twoSessions(options);
      outage = true;
      for (const each of [client, client, other]) expect(await refresh(each)).toBe(status);
      outage = false;
      for (const each of [client, client, other]) expect(await refresh(each)).toBe(200);
      expect((await client.get('/auth/me')).status).toBe(200);
      expect(events).not.toContain('refresh.reused');
    },
  );

  // T-pf6w
  it.each(FAILURES.slice(1))(
    'a proof that %s does not let through spends no token either',
    async (_who, options, status) => {
      const [client, other] = await twoSessions(options);
      const { password } = ADA;
      const change = { currentPassword: password, newPassword: 'another quiet river' };
      outage = true;
      expect((await client.post('/auth/reauthenticate', { password })).status).toBe(status);
      expect((await client.post('/auth/password', change)).status).toBe(status);
      outage = false;
      for (const each of [client, other]) expect(await refresh(each)).toBe(200);
      expect((await client.post('/auth/reauthenticate', { password })).status).toBe(200);
      expect(events).not.toContain('refresh.reused');
    },
  );

  it('because the only key was revoked, also ends no session', async () => {
    const [client, other] = await twoSessions({});
    const { keys } = (await client.get('/.well-known/jwks.json')).json<{
      keys: { kid: string }[];
    }>();
    await app.get(AuthService, { strict: false }).revokeKey(keys[0]?.kid ?? '');
    for (const each of [client, client, other]) expect(await refresh(each)).toBe(503);
    expect(events).not.toContain('refresh.reused');
  });
});
