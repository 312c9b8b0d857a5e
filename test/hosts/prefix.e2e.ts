import { type INestApplication, Module, RequestMethod, VersioningType } from '@nestjs/common';
import { NestFactory, RouterModule } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthModule, type AuthModuleOptions, PasswordHasher } from '@tokenward/nestjs';
import { hostDatabase, type HostDatabase, hostOptions, people } from '../support/host-app.js';
import { httpClient, type RequestHeaders } from '../support/http.js';
import { ADAPTERS, type Adapter } from '../support/stage.js';

const PASSWORD = 'a long enough passphrase';
const EMAIL = 'ada@example.com';
const JWKS = '/.well-known/jwks.json';

let database: HostDatabase;
beforeAll(async () => {
  database = await hostDatabase();
});
afterAll(() => database.drop());

interface Host {
  readonly options?: Partial<AuthModuleOptions>;
  readonly routerPath?: string;
  readonly set?: (app: INestApplication) => void;
  /** A proxy or router in front takes this part off. */
  readonly stripped?: string;
}

async function start(adapter: Adapter, { options, routerPath, set, stripped = '' }: Host) {
  const router = routerPath
    ? [RouterModule.register([{ path: routerPath, module: AuthModule }])]
    : [];
  @Module({ imports: [AuthModule.forRoot(hostOptions(database, options)), ...router] })
  class HostModule {}
  const lines: string[] = [];
  const quiet = () => undefined;
  const keep = (line: unknown) => void lines.push(String(line));
  const logger = { log: quiet, debug: quiet, verbose: quiet, warn: keep, error: keep, fatal: keep };
  const rewriteUrl = ({ url = '/' }: { url?: string }) =>
    url.startsWith(`${stripped}/`) ? url.slice(stripped.length) : url;
  const app =
    adapter === 'fastify'
      ? await NestFactory.create(HostModule, new FastifyAdapter({ rewriteUrl }), {
          logger,
          abortOnError: false,
        })
      : await NestFactory.create(HostModule, { logger, abortOnError: false });
  if (adapter === 'express')
    app.use((request: { url: string }, _: unknown, next: () => void) => {
      request.url = rewriteUrl(request);
      next();
    });
  set?.(app);
  const paths = () =>
    Object.keys(SwaggerModule.createDocument(app, new DocumentBuilder().build()).paths);
  const documented = paths();
  try {
    await app.listen(0, '127.0.0.1');
  } catch (error) {
    await app.close();
    throw error;
  }
  const secret = await app.get(PasswordHasher).hash(PASSWORD);
  await database.db.insert(people).values({ mail: EMAIL, secret }).onConflictDoNothing();
  const notices = () => lines.filter((line) => line.includes('refreshPath'));
  return { app, client: httpClient(await app.getUrl()), notices, documented };
}

type Row = readonly [what: string, at: string, cookiePath: string, host: Host];
const ROWS: readonly Row[] = [
  ['no prefix', '/auth', '/auth', {}],
  ['a prefix', '/api/auth', '/api/auth', { set: (app) => app.setGlobalPrefix('api') }],
  [
    'a prefix with slashes',
    '/api/v2/auth',
    '/api/v2/auth',
    { set: (app) => app.setGlobalPrefix('/api/v2/') },
  ],
  [
    'a prefix that leaves the routes out',
    '/auth',
    '/auth',
    {
      set: (app) =>
        app.setGlobalPrefix('api', {
          exclude: [{ path: 'auth/{*rest}', method: RequestMethod.ALL }, '.well-known/jwks.json'],
        }),
    },
  ],
  [
    'a prefix, the routes below another name',
    '/api/account/auth',
    '/api/account/auth',
    { routerPath: 'account', set: (app) => app.setGlobalPrefix('api') },
  ],
  ['RouterModule', '/accounts/auth', '/accounts/auth', { routerPath: 'accounts' }],
  [
    'versions in the path',
    '/api/auth',
    '/api/auth',
    {
      set: (app) =>
        app
          .setGlobalPrefix('api')
          .enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
    },
  ],
  [
    'versions in a header',
    '/auth',
    '/auth',
    {
      set: (app) =>
        app.enableVersioning({
          type: VersioningType.HEADER,
          header: 'x-version',
          defaultVersion: '1',
        }),
    },
  ],
  [
    'versions in the media type',
    '/auth',
    '/auth',
    {
      set: (app) =>
        app.enableVersioning({ type: VersioningType.MEDIA_TYPE, key: 'v=', defaultVersion: '1' }),
    },
  ],
  [
    'a part that is taken off, as the option says',
    '/shop/auth',
    '/shop/auth',
    { stripped: '/shop', options: { cookies: { refreshPath: '/shop/auth' } } },
  ],
];

describe.each(ADAPTERS)('where a host on %s serves the routes', (adapter) => {
  // T-6hvw
  it.each(ROWS)(
    '%s: the cookie reaches them, the keys stay at the root',
    async (_, at, path, host) => {
      const { app, client, notices, documented } = await start(adapter, host);
      try {
        const login = await client.post(`${at}/login`, { email: EMAIL, password: PASSWORD });
        expect(login.status).toBe(200);
        expect(login.setCookies.filter((line) => line.includes(`Path=${path};`))).toHaveLength(2);
        expect((await client.post(`${at}/refresh`)).status).toBe(200);
        expect((await client.get(JWKS)).status).toBe(200);
        if (!host.stripped)
          expect(documented).toEqual(expect.arrayContaining([JWKS, `${at}/login`]));
        client.jar.delete('access_token');
        expect((await client.post(`${at}/logout`)).status).toBe(204);
        expect(client.jar.names()).toEqual(['device']);
        expect(notices()).toEqual([]);
      } finally {
        await app.close();
      }
    },
  );

  const PROXIED = { origins: { trustProxy: true } };
  // T-93gc
  it.each<readonly [string, string, RequestHeaders, Host, string]>([
    ['a router above', '/shop/auth', {}, { stripped: '/shop' }, '/shop/auth'],
    [
      'a proxy that tells what it took off',
      '/auth',
      { 'x-forwarded-prefix': '/shop' },
      { options: PROXIED },
      '/shop/auth',
    ],
    [
      'a proxy that tells the path',
      '/auth',
      { 'x-original-uri': '/shop/auth/login?x=1' },
      { options: PROXIED },
      '/shop/auth',
    ],
    [
      'a prefix and a proxy',
      '/api/auth',
      { 'x-forwarded-prefix': '/shop/' },
      { options: PROXIED, set: (app) => app.setGlobalPrefix('api') },
      '/shop/api/auth',
    ],
  ])('%s: the path that browsers see is logged once', async (_, at, headers, host, cure) => {
    const { app, client, notices } = await start(adapter, host);
    try {
      for (const __ of [1, 2])
        await client.post(`${at}/login`, { email: EMAIL, password: PASSWORD }, { headers });
      expect(notices()).toHaveLength(1);
      expect(notices()[0]).toContain(`(${cure})`);
    } finally {
      await app.close();
    }
  });

  it('a refresh with only its access cookie is logged once, but not a forged header or another letter case', async () => {
    const { app, client, notices } = await start(adapter, {});
    try {
      const headers = { 'x-forwarded-prefix': '/evil', 'x-original-uri': '/evil/auth/login' };
      await client.post('/auth/login', { email: EMAIL, password: PASSWORD }, { headers });
      await client.get('/AUTH/me');
      expect(notices()).toEqual([]);
      client.jar.delete('refresh_token');
      for (const _ of [1, 2]) expect((await client.post('/auth/refresh')).status).toBe(401);
      expect(notices()).toHaveLength(1);
    } finally {
      await app.close();
    }
  });

  // T-8gj5
  it.each<readonly [string, Host, RegExp]>([
    [
      'some of the routes alone',
      { set: (app) => app.setGlobalPrefix('api', { exclude: ['auth/refresh'] }) },
      /^cookies.refreshPath: the routes are at \/auth and \/api\/auth: exclude/,
    ],
    [
      'a parameter',
      { set: (app) => app.setGlobalPrefix(':tenant') },
      /^cookies.refreshPath: cannot be taken from \/:tenant\/auth/,
    ],
  ])('a prefix for %s stops the boot', async (_, host, message) => {
    await expect(start(adapter, host)).rejects.toThrow(message);
  });
});
