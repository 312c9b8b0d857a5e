import {
  Controller,
  type DynamicModule,
  Get,
  type INestApplication,
  Module,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthModule, type AuthModuleOptions, JwtAuthGuard } from '@tokenward/nestjs';
import { hostDatabase, type HostDatabase, hostOptions } from './support/host-app.js';
import { httpClient } from './support/http.js';
import { ADAPTERS, type Adapter, bearer } from './support/stage.js';

const DOCUMENTS = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];
const RESOURCE = '/.well-known/oauth-protected-resource';
const ISSUER = 'https://auth.example.com';

let database: HostDatabase;
beforeAll(async () => {
  database = await hostDatabase();
});
afterAll(() => database.drop());

const apps: INestApplication[] = [];
afterAll(() => Promise.all(apps.map((app) => app.close())));

const start = (adapter: Adapter, options: Partial<AuthModuleOptions>) =>
  startWith(adapter, AuthModule.forRoot(hostOptions(database, options)));

async function startWith(adapter: Adapter, module: DynamicModule) {
  @Controller('things')
  @UseGuards(JwtAuthGuard)
  class Things {
    @Get()
    all(): string {
      return 'all';
    }
  }
  @Module({ imports: [module], controllers: [Things] })
  class HostModule {}
  const platform = adapter === 'fastify' ? [new FastifyAdapter()] : [];
  const app = await NestFactory.create(HostModule, ...(platform as []), {
    logger: false,
    abortOnError: false,
  });
  apps.push(app);
  app.setGlobalPrefix('api');
  await app.listen(0, '127.0.0.1');
  return httpClient(await app.getUrl());
}

describe.each(ADAPTERS)('discovery on %s', (adapter) => {
  // T-mn3x
  it('names the issuer, its keys and nothing that this server does not do, whatever Host says', async () => {
    const client = await start(adapter, { issuer: ISSUER });
    for (const path of DOCUMENTS) {
      const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' };
      const answer = await client.get(path, { headers });
      expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'public, max-age=3600']);
      expect(answer.json()).toEqual({
        issuer: ISSUER,
        jwks_uri: `${ISSUER}/.well-known/jwks.json`,
        response_types_supported: [],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
      });
      expect((await client.get(`/api${path}`)).status).toBe(404);
    }
  });

  it('takes the origin of the keys from the options', async () => {
    const origin = 'https://keys.example.com';
    const client = await start(adapter, { issuer: `${ISSUER}/tenants/one`, discovery: { origin } });
    const document = (await client.get(DOCUMENTS[0] as string)).json<Record<string, unknown>>();
    expect([document['issuer'], document['jwks_uri']]).toEqual([
      `${ISSUER}/tenants/one`,
      `${origin}/.well-known/jwks.json`,
    ]);
  });

  it.each(['tokenward', 'http://auth.example.com', 'urn:issuer'])(
    'is 404 for the issuer %s, which is not an https URL',
    async (issuer) => {
      const client = await start(adapter, { issuer });
      for (const path of [...DOCUMENTS, RESOURCE, `${RESOURCE}/mcp`]) {
        const answer = await client.get(path);
        expect(answer.json()).toEqual({
          ...{ statusCode: 404, error: 'Not Found', message: 'Not found', code: 'not_found' },
        });
      }
      expect((await client.get('/api/things')).headers['www-authenticate']).toBe('Bearer');
    },
  );

  // T-848q
  it('tells of the resource in a document and in every challenge, when it is configured', async () => {
    const resource = 'https://api.example.com/mcp';
    const client = await start(adapter, {
      issuer: ISSUER,
      discovery: { resource: { resource, scopes: ['notes:read'], name: 'Notes' } },
    });
    const expected = {
      resource,
      authorization_servers: [ISSUER],
      bearer_methods_supported: ['header'],
      scopes_supported: ['notes:read'],
      resource_name: 'Notes',
    };
    for (const path of [RESOURCE, `${RESOURCE}/mcp`, `${RESOURCE}/mcp?x=1`])
      expect((await client.get(path)).json()).toEqual(expected);
    for (const path of [`${RESOURCE}/other`, `${RESOURCE}/mcp/more`, `/api${RESOURCE}`])
      expect((await client.get(path)).status).toBe(404);
    const told = `resource_metadata="https://api.example.com${RESOURCE}/mcp"`;
    const challenges = [
      (await client.get('/api/things')).headers['www-authenticate'],
      (await client.get('/api/things', bearer('x'))).headers['www-authenticate'],
      (await client.get('/api/auth/me')).headers['www-authenticate'],
    ];
    expect(challenges).toEqual([`Bearer ${told}`, `Bearer error="invalid_token", ${told}`, `Bearer ${told}`]);
  });
});

describe.each(ADAPTERS)('the resource metadata of a service that only verifies, on %s', (adapter) => {
  const resource = 'https://api.example.com/mcp';
  const options = {
    ...{ issuer: ISSUER, audience: resource },
    jwks: { url: `${ISSUER}/jwks.json`, fetch: async () => new Response('{"keys":[]}') },
  };
  const document = { resource, authorization_servers: [ISSUER], bearer_methods_supported: ['header'] };

  it.each<[string, DynamicModule]>([
    ['forRoot', AuthModule.forResourceServer({ ...options, discovery: { resource: { resource } } })],
    [
      'forRootAsync',
      AuthModule.forResourceServerAsync({
        useFactory: () => ({ ...options, discovery: { resource: { resource } } }),
      }),
    ],
  ])('by %s lies at the root, and every challenge names it', async (_, module) => {
    const client = await startWith(adapter, module);
    for (const path of [RESOURCE, `${RESOURCE}/mcp`]) {
      const answer = await client.get(path);
      const { 'cache-control': cache } = answer.headers;
      expect([answer.status, answer.json(), cache]).toEqual([200, document, 'public, max-age=3600']);
    }
    expect((await client.get(`/api${RESOURCE}`)).status).toBe(404);
    const told = `resource_metadata="https://api.example.com${RESOURCE}/mcp"`;
    const challenges = [
      (await client.get('/api/things')).headers['www-authenticate'],
      (await client.get('/api/things', bearer('x'))).headers['www-authenticate'],
    ];
    expect(challenges).toEqual([`Bearer ${told}`, `Bearer error="invalid_token", ${told}`]);
  });

  it('is 404 where none is configured, and so are the documents of an issuer', async () => {
    const client = await startWith(adapter, AuthModule.forResourceServer(options));
    for (const path of [...DOCUMENTS, RESOURCE]) expect((await client.get(path)).status).toBe(404);
    expect((await client.get('/api/things')).headers['www-authenticate']).toBe('Bearer');
  });
});

it.each<[string, AuthModuleOptions['discovery'], RegExp]>([
  ['an origin with a path', { origin: 'https://x.example/y' }, /discovery\.origin.*origin/],
  [
    'a resource over http',
    { resource: { resource: 'http://api.example.com' } },
    /discovery\.resource\.resource.*https/,
  ],
  [
    'a resource with a fragment',
    { resource: { resource: 'https://a.example/#b' } },
    /without query and fragment/,
  ],
  ['a scope with a blank', { resource: { resource: 'https://a.example', scopes: ['a b'] } }, /scopes/],
])('%s stops the boot', async (_, discovery, message) => {
  await expect(start('express', { issuer: ISSUER, discovery })).rejects.toThrow(message);
});
