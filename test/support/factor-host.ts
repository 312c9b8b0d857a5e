import { randomBytes } from 'node:crypto';
import type { INestApplication, Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AuthService, PasswordHasher } from '@tokenward/nestjs';
import type { AuthModuleOptions } from '@tokenward/nestjs';
import type { AuthEvent } from '@tokenward/nestjs/observe';
import type { RouteOptions } from '@tokenward/nestjs/options';
import { passkeys } from '@tokenward/nestjs/passkeys';
import { AuthTestingModule, ManualClock, memoryStorage } from '@tokenward/nestjs/testing';
import { totp } from '@tokenward/nestjs/totp';
import { TOTP } from 'otpauth';
import { type HttpClient, httpClient } from './http.js';

export const ORIGIN = 'https://app.example.com';
export const PASSWORD = 'a long enough passphrase';
const BEARER = 'bearer';
/** A new key for sealing TOTP secrets. */
export const sealingKey = (id: string): string => `${id}:${randomBytes(32).toString('base64url')}`;

export interface SecondFactorAnswer {
  readonly next: string;
  readonly ticket: string;
  readonly methods: readonly string[];
  readonly expiresIn: number;
}

export interface Person {
  readonly id: string;
  readonly email: string;
}

/** A signed-in client of one user. */
export interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** The whole module on memory stores with a clock that the test moves. */
export async function factorHost(
  changes: Partial<AuthModuleOptions> & {
    readonly routes?: RouteOptions;
    readonly controllers?: readonly Type[];
    /** Behind a trusted proxy. Default `express`. */
    readonly adapter?: 'fastify';
    /** Default: that of the process. */
    readonly databaseClock?: ManualClock;
  } = {},
) {
  const clock = new ManualClock();
  const { controllers = [], adapter, databaseClock = clock, ...options } = changes;
  const storage = memoryStorage({ clock: databaseClock });
  const events: AuthEvent[] = [];
  const factors = {
    methods: [
      totp({ issuer: 'Example' }),
      passkeys({ rpName: 'Example', rpId: 'app.example.com', origins: [ORIGIN] }),
    ],
    encryptionKeys: [sealingKey('k1')],
  };
  const module = await Test.createTestingModule({
    imports: [
      AuthTestingModule.forRoot({
        clock,
        storage,
        factors,
        onEvent: (event) => void events.push(event),
        ...options,
      }),
    ],
    controllers: [...controllers],
  }).compile();
  const app: INestApplication =
    adapter === 'fastify'
      ? module.createNestApplication(new FastifyAdapter({ trustProxy: true }), { logger: false })
      : module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  let people = 0;

  const post = (path: string, json?: unknown, token?: string) =>
    httpClient(url).post(`/auth/${path}`, json, token === undefined ? {} : as(token));

  return {
    app,
    clock,
    storage,
    events,
    url,
    post,
    auth: app.get(AuthService),
    client: (): HttpClient => httpClient(url),
    get: (path: string, token: string) => httpClient(url).get(`/auth/${path}`, as(token)),
    remove: (path: string, token: string) => httpClient(url).delete(`/auth/${path}`, as(token)),
    close: () => app.close(),

    person: async (): Promise<Person> => {
      const email = `person${String(++people)}@example.com`;
      const passwordHash = await app.get(PasswordHasher).hash(PASSWORD);
      return { id: storage.users.set({ email, passwordHash }), email };
    },
    password: ({ email }: Person, password = PASSWORD) =>
      post('login', { email, password, transport: BEARER }),
    signIn: async ({ email }: Person): Promise<Session> =>
      (await post('login', { email, password: PASSWORD, transport: BEARER })).json<
        Session & Record<string, unknown>
      >(),
    ticketOf: async ({ email }: Person): Promise<SecondFactorAnswer> =>
      (await post('login', { email, password: PASSWORD, transport: BEARER })).json<
        SecondFactorAnswer & Record<string, unknown>
      >(),

    /** The code that is valid `steps` (30 s each) from now. */
    code: (secret: string, steps = 0): string =>
      new TOTP({ secret }).generate({ timestamp: clock.now() + steps * 30_000 }),
    /** Adds an authenticator app; the next code is one step on. */
    addTotp: async (accessToken: string) => {
      const started = await post('factors/totp', { name: 'phone' }, accessToken);
      const { id, secret, uri } = started.json<{ id: string; secret: string; uri: string }>();
      const code = new TOTP({ secret }).generate({ timestamp: clock.now() });
      const confirmed = await post('factors/totp/confirm', { id, code }, accessToken);
      const { recoveryCodes = [] } = confirmed.json<{ recoveryCodes?: string[] }>();
      return { id, secret, uri, code, recoveryCodes, status: confirmed.status };
    },
  };
}

export type FactorHost = Awaited<ReturnType<typeof factorHost>>;

function as(token: string) {
  return { headers: { authorization: `Bearer ${token}` } };
}
