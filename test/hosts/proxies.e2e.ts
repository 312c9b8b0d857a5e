import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthModule, type AuthModuleOptions, PasswordHasher } from '@tokenward/nestjs';
import { hostDatabase, type HostDatabase, hostOptions, people } from '../support/host-app.js';
import { httpClient, type RequestHeaders } from '../support/http.js';
import type { Adapter } from '../support/stage.js';

const GUESS = { email: 'nobody@example.com', password: 'a wrong passphrase' };
const ONE_TRY = { throttle: { accountAndAddress: 1, account: 100, address: 100 } };

let database: HostDatabase;
beforeAll(async () => {
  database = await hostDatabase();
});
afterAll(() => database.drop());

async function create(adapter: Adapter, trust: unknown, options: Partial<AuthModuleOptions>) {
  @Module({ imports: [AuthModule.forRoot(hostOptions(database, options))] })
  class HostModule {}
  const lines: string[] = [];
  const quiet = () => undefined;
  const keep = (line: unknown) => void lines.push(String(line));
  const logger = { log: quiet, debug: quiet, verbose: quiet, warn: keep, error: keep, fatal: keep };
  const app =
    adapter === 'fastify'
      ? await NestFactory.create(HostModule, new FastifyAdapter({ trustProxy: trust as boolean }), {
          logger,
        })
      : await NestFactory.create(HostModule, { logger });
  if (adapter === 'express') expressOf(app).set('trust proxy', trust);
  const said = () => lines.filter((line) => /trusts? /.test(line));
  return { app, said, lines };
}

async function listening(adapter: Adapter, trust: unknown, options: Partial<AuthModuleOptions>) {
  const host = await create(adapter, trust, options);
  await host.app.listen(0, '127.0.0.1');
  return { ...host, client: httpClient(await host.app.getUrl()) };
}

const expressOf = (app: INestApplication) => app.getHttpAdapter().getInstance() as express.Express;

/**
 * What the adapter is told to trust, and whose address then counts: the client's, whatever it writes itself, or the
 * proxy's.
 */
type Counted = 'client' | 'what the client writes' | 'proxy';
const FORMS: readonly (readonly [
  adapter: Adapter,
  what: string,
  trust: unknown,
  counted: Counted,
])[] = [
  ['express', 'false', false, 'proxy'],
  ['express', 'true', true, 'what the client writes'],
  ['express', 'one hop', 1, 'client'],
  ['express', 'no hop', 0, 'proxy'],
  ['express', 'a name', 'loopback', 'client'],
  ['express', 'a list in a text', '10.0.0.0/8, 127.0.0.0/8', 'client'],
  ['express', 'a list', ['10.0.0.1', '127.0.0.1'], 'client'],
  ['express', 'a list of others', ['10.0.0.1'], 'proxy'],
  ['express', 'a function', (address: string) => address === '127.0.0.1', 'client'],
  ['fastify', 'false', false, 'proxy'],
  ['fastify', 'true', true, 'what the client writes'],
  // Fastify (5.12) trusts nobody by a count of hops
  ['fastify', 'one hop', 1, 'proxy'],
  ['fastify', 'one hop by a function', (_: string, hop: number) => hop < 1, 'client'],
  ['fastify', 'a name', 'loopback', 'client'],
  ['fastify', 'a list in a text', '10.0.0.0/8, 127.0.0.0/8', 'client'],
  ['fastify', 'a list', ['10.0.0.1', '127.0.0.1'], 'client'],
  ['fastify', 'a list of others', ['10.0.0.1'], 'proxy'],
  ['fastify', 'a function', (address: string) => address === '127.0.0.1', 'client'],
];

describe('failures behind a proxy count against', () => {
  it.each(FORMS)('%s, trusting %s', async (adapter, _, trust, counted) => {
    const { app, client, said } = await listening(adapter, trust, {
      ...ONE_TRY,
      origins: { trustProxy: counted !== 'proxy' },
    });
    const guess = async (forwarded: string) =>
      (await client.post('/auth/login', GUESS, { headers: { 'x-forwarded-for': forwarded } }))
        .status;
    try {
      expect(await guess('203.0.113.1')).toBe(401);
      expect(await guess('203.0.113.1:51234')).toBe(429);
      expect(await guess('198.51.100.9, 203.0.113.1')).toBe(
        counted === 'what the client writes' ? 401 : 429,
      );
      expect(await guess('203.0.113.2')).toBe(counted === 'proxy' ? 429 : 401);
      expect(said()).toEqual([]);
    } finally {
      await app.close();
    }
  });
});

const FORWARDED = { 'x-forwarded-for': '203.0.113.1' };
const AS_HTTPS = {
  ...FORWARDED,
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'app.example.com',
};
const PROXIED = { origins: { trustProxy: true } };
const ADVICE: readonly (readonly [
  string,
  unknown,
  Partial<AuthModuleOptions>,
  RequestHeaders,
  RegExp | undefined,
])[] = [
  ['the option trusts, the adapter does not', false, PROXIED, FORWARDED, /adapter does not trust/],
  ['the adapter trusts another address', ['10.0.0.1'], PROXIED, AS_HTTPS, /adapter does not trust/],
  ['the adapter trusts, the option does not', 'loopback', {}, AS_HTTPS, /origins\.trustProxy/],
  ['both trust', 'loopback', PROXIED, AS_HTTPS, undefined],
  ['neither trusts: a header says nothing', false, {}, AS_HTTPS, undefined],
  ['no header came', false, PROXIED, {}, undefined],
];

describe.each(['express', 'fastify'] as const)('two settings for one proxy on %s', (adapter) => {
  it.each(ADVICE)('%s', async (_, trust, options, headers, advice) => {
    const { app, client, said } = await listening(adapter, trust, options);
    try {
      for (const __ of [1, 2]) await client.post('/auth/logout', {}, { headers });
      expect(said()).toEqual(advice ? [expect.stringMatching(advice)] : []);
    } finally {
      await app.close();
    }
  });
});

describe('an Express app that mounts the Nest application at /api', () => {
  const EMAIL = 'mounted@example.com';
  const PASSWORD = 'a long enough passphrase';

  async function mounted(options: Partial<AuthModuleOptions>) {
    const { app, lines } = await create('express', false, options);
    await app.init();
    const outer = createServer(express().use('/api', expressOf(app)));
    await once(outer.listen(0, '127.0.0.1'), 'listening');
    const client = httpClient(`http://127.0.0.1:${(outer.address() as AddressInfo).port}`);
    const secret = await app.get(PasswordHasher).hash(PASSWORD);
    await database.db.insert(people).values({ mail: EMAIL, secret }).onConflictDoNothing();
    const close = async () => {
      outer.close();
      await app.close();
    };
    const login = () => client.post('/api/auth/login', { email: EMAIL, password: PASSWORD });
    return {
      client,
      login,
      close,
      notices: () => lines.filter((line) => line.includes('refreshPath')),
    };
  }

  // T-5b36
  it('logs the path that browsers see, once', async () => {
    const { login, notices, close } = await mounted({});
    try {
      for (const _ of [1, 2]) expect((await login()).status).toBe(200);
      expect(notices()).toEqual([expect.stringContaining('(/api/auth)')]);
    } finally {
      await close();
    }
  });

  it('works with that path in cookies.refreshPath', async () => {
    const { client, login, notices, close } = await mounted({
      cookies: { refreshPath: '/api/auth' },
    });
    try {
      expect((await login()).status).toBe(200);
      expect((await client.post('/api/auth/refresh')).status).toBe(200);
      expect((await client.post('/api/auth/logout')).status).toBe(204);
      expect(client.jar.names()).toEqual(['device']);
      const cut = '{"email":"zq7';
      const answer = await client.request('POST', '/api/auth/login', {
        body: cut,
        headers: { 'content-type': 'application/json' },
      });
      expect(answer.json()).toMatchObject({ statusCode: 400, code: 'invalid_input' });
      expect(notices()).toEqual([]);
    } finally {
      await close();
    }
  });
});
