import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AuthService, UserDirectory } from '@tokenward/nestjs';
import type { LoginCandidate } from '@tokenward/nestjs/storage';
import { AuthTestingModule, ManualClock, memoryStorage } from '@tokenward/nestjs/testing';
import { type HttpAnswer, httpClient, type HttpClient } from './support/http.js';
import { claimsOf, REFUSED, refusalOf } from './support/stage.js';

const PASSWORD = 'a quiet harbour at dawn';
const NEW_PASSWORD = 'a quiet harbour at dusk';
const HEADERS = { transport: 'bearer' } as const;

/** What was proven must still hold when it is used, and a token's times count from before its claims were read. */
describe('between a proof and what follows from it', () => {
  const clock = new ManualClock();
  const storage = memoryStorage({ users: 'elsewhere', clock });
  /** The user directory takes its time, and things happen meanwhile. */
  let slowly: (() => void) | undefined;
  let afterReading: ((found: LoginCandidate | undefined) => Promise<void>) | undefined;
  let app: INestApplication;
  let client: HttpClient;
  let email: string;
  let person = 0;

  const users: UserDirectory = {
    findByEmail: (address) => (slowly?.(), storage.users.findByEmail(address)),
    findById: async (id) => {
      slowly?.();
      const found = await storage.users.findById(id);
      await afterReading?.(found);
      return found;
    },
    create: (user) => storage.users.create(user),
    replacePasswordHash: (...change) => storage.users.replacePasswordHash(...change),
  };

  beforeAll(async () => {
    @Module({
      imports: [
        AuthTestingModule.forRoot({
          storage,
          users,
          clock,
          routes: { register: true },
        }),
      ],
    })
    class Host {}
    app = await NestFactory.create(Host, { logger: false });
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());

  beforeEach(async () => {
    slowly = afterReading = undefined;
    client = httpClient(await app.getUrl());
    email = `person-${String(person++)}@example.com`;
    expect((await client.post('/auth/register', { email, password: PASSWORD })).status).toBe(201);
  });

  const logIn = (password = PASSWORD) =>
    client.post('/auth/login', { email, password, ...HEADERS });
  const signedIn = async () =>
    (await logIn()).json<{ accessToken: string; refreshToken: string }>();
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const tokenOf = (answer: HttpAnswer) => answer.json<{ accessToken: string }>().accessToken;

  const openSession = async () => {
    const id = (await storage.users.findByEmail(email))?.account.id ?? '';
    const opened = await app.get(AuthService, { strict: false }).openSession(id, HEADERS);
    return 'grant' in opened ? opened.grant.accessToken : '';
  };
  // T-vhqj
  it.each<[string, (refreshToken: string) => Promise<string>]>([
    ['a login', async () => tokenOf(await logIn())],
    ['openSession', openSession],
    [
      'a refresh',
      async (refreshToken) => tokenOf(await client.post('/auth/refresh', { refreshToken })),
    ],
  ])('the times of a token count from before the user was read: %s', async (_, sign) => {
    const { refreshToken } = await signedIn();
    const askedAt = clock.now();
    slowly = () => clock.advance('10s');
    const { iat, nbf, exp } = claimsOf(await sign(refreshToken));
    expect(clock.now()).toBeGreaterThan(askedAt);
    const seconds = Math.floor(askedAt / 1000);
    expect({ iat, nbf, exp }).toEqual({ iat: seconds, nbf: seconds, exp: seconds + 900 });
  });

  // T-ng52
  it('a password that was replaced meanwhile is not replaced again, and the session stays', async () => {
    const { accessToken } = await signedIn();
    let other = '';
    afterReading = async (found) => {
      afterReading = undefined;
      const { account, passwordHash: proven = '' } = found as LoginCandidate;
      // one in a thousand ends so by itself
      other = `${proven.slice(0, -2)}${proven.endsWith('AA') ? 'BA' : 'AA'}`;
      expect(await storage.users.replacePasswordHash(account.id, proven, other)).toBe(true);
    };
    const answer = await client.post(
      '/auth/password',
      { currentPassword: PASSWORD, newPassword: NEW_PASSWORD },
      bearer(accessToken),
    );
    expect(refusalOf(answer)).toEqual(REFUSED);
    expect(answer.setCookies).toEqual([]);
    expect((await storage.users.findByEmail(email))?.passwordHash).toBe(other);
    expect((await client.get('/auth/me', bearer(accessToken))).status).toBe(200);
    expect((await logIn(NEW_PASSWORD)).status).toBe(401);
  });
});
