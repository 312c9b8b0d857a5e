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
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createLocalJWKSet,
  decodeJwt,
  type JSONWebKeySet,
  jwtVerify,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  SignJWT,
} from 'jose';
import { ROOT } from './support/consumer-app.js';
import { type FactorHost, factorHost, type Person } from './support/factor-host.js';
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
  it('names the issuer, its keys and only what this server supports, whatever Host says', async () => {
    const client = await start(adapter, { issuer: ISSUER });
    for (const path of DOCUMENTS) {
      const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' };
      const answer = await client.get(path, { headers });
      expect([answer.status, answer.headers['cache-control']]).toEqual([
        200,
        'public, max-age=3600',
      ]);
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

  it('reads the origin of the keys from the options', async () => {
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
          statusCode: 404,
          error: 'Not Found',
          message: 'Not found',
          code: 'not_found',
        });
      }
      expect((await client.get('/api/things')).headers['www-authenticate']).toBe('Bearer');
    },
  );

  // T-848q
  it('publishes a configured resource in a document and in every challenge', async () => {
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
    expect(challenges).toEqual([
      `Bearer ${told}`,
      `Bearer error="invalid_token", ${told}`,
      `Bearer ${told}`,
    ]);
  });
});

describe.each(ADAPTERS)(
  'the resource metadata of a service that only verifies, on %s',
  (adapter) => {
    const resource = 'https://api.example.com/mcp';
    const options = {
      issuer: ISSUER,
      audience: resource,
      jwks: { url: `${ISSUER}/jwks.json`, fetch: async () => new Response('{"keys":[]}') },
    };
    const document = {
      resource,
      authorization_servers: [ISSUER],
      bearer_methods_supported: ['header'],
    };

    it.each<[string, DynamicModule]>([
      [
        'forRoot',
        AuthModule.forResourceServer({ ...options, discovery: { resource: { resource } } }),
      ],
      [
        'forRootAsync',
        AuthModule.forResourceServerAsync({
          useFactory: () => ({ ...options, discovery: { resource: { resource } } }),
        }),
      ],
    ])('by %s is served at the root, and every challenge names it', async (_, module) => {
      const client = await startWith(adapter, module);
      for (const path of [RESOURCE, `${RESOURCE}/mcp`]) {
        const answer = await client.get(path);
        const { 'cache-control': cache } = answer.headers;
        expect([answer.status, answer.json(), cache]).toEqual([
          200,
          document,
          'public, max-age=3600',
        ]);
      }
      expect((await client.get(`/api${RESOURCE}`)).status).toBe(404);
      const told = `resource_metadata="https://api.example.com${RESOURCE}/mcp"`;
      const challenges = [
        (await client.get('/api/things')).headers['www-authenticate'],
        (await client.get('/api/things', bearer('x'))).headers['www-authenticate'],
      ];
      expect(challenges).toEqual([`Bearer ${told}`, `Bearer error="invalid_token", ${told}`]);
    });

    it('is 404 if none is configured, and so are the documents of an issuer', async () => {
      const client = await startWith(adapter, AuthModule.forResourceServer(options));
      for (const path of [...DOCUMENTS, RESOURCE])
        expect((await client.get(path)).status).toBe(404);
      expect((await client.get('/api/things')).headers['www-authenticate']).toBe('Bearer');
    });
  },
);

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
  [
    'a scope with a blank',
    { resource: { resource: 'https://a.example', scopes: ['a b'] } },
    /scopes/,
  ],
])('%s stops the boot', async (_, discovery, message) => {
  await expect(start('express', { issuer: ISSUER, discovery })).rejects.toThrow(message);
});

describe('another verifier with the checks of docs/other-verifiers.md', () => {
  const page = readFileSync(join(ROOT, 'docs', 'other-verifiers.md'), 'utf8');
  const [, written = ''] = /jwtVerify\(token, keys, (\{[^}]+\})\)/.exec(page) ?? [];
  // the options as the page has them, to the letter
  const checks = new Function(`return ${written}`)() as JWTVerifyOptions;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  let host: FactorHost;
  let keys: JWTVerifyGetKey;
  let person: Person;
  beforeAll(async () => {
    host = await factorHost({
      issuer: String(checks.issuer),
      audience: String(checks.audience),
      keys: { algorithm: 'ES256', privateKey, keyId: 'k1' },
    });
    keys = createLocalJWKSet(
      (await host.client().get('/.well-known/jwks.json')).json<JSONWebKeySet & object>(),
    );
    person = await host.person();
  });
  afterAll(() => host.close());

  const issued = async () => (await host.signIn(person)).accessToken;
  const forged = async (
    header: object,
    claims: object,
    key: KeyObject | Uint8Array = privateKey,
  ) => {
    const good = decodeJwt(await issued());
    const shown = { alg: 'ES256', kid: 'k1', typ: 'at+jwt', ...header };
    return new SignJWT({ ...good, ...claims }).setProtectedHeader(shown).sign(key);
  };
  const now = () => Math.floor(host.clock.now() / 1000);
  const verify = (token: string) =>
    jwtVerify(token, keys, { ...checks, currentDate: new Date(host.clock.now()) });
  const publicPem = () =>
    Buffer.from(createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }));

  // T-vr7k
  it('accepts Tokenward’s tokens, and does not learn of revocations', async () => {
    const token = await issued();
    await expect(verify(token)).resolves.toMatchObject({ payload: { sub: person.id } });
    await host.post('logout', {}, token);
    expect((await host.get('me', token)).status).toBe(401);
    await expect(verify(token)).resolves.toBeDefined();
  });

  // T-vr8k
  it.each<[string, () => Promise<string>]>([
    ['of another type', () => forged({ typ: 'JWT' }, {})],
    ['without a type', () => forged({ typ: undefined }, {})],
    ['of another issuer', () => forged({}, { iss: 'https://evil.example' })],
    ['for another audience', () => forged({}, { aud: 'https://other.example.com' })],
    ['that has expired', () => forged({}, { iat: now() - 900, nbf: now() - 900, exp: now() - 60 })],
    ['that is not good yet', () => forged({}, { nbf: now() + 60 })],
    ['that lives for long', () => forged({}, { iat: now() - 7200, exp: now() + 7200 })],
    ['of nobody', () => forged({}, { sub: undefined })],
    ['of no session', () => forged({}, { sid: undefined })],
    ['without an id', () => forged({}, { jti: undefined })],
    ['of another key', () => forged({ kid: 'k2' }, {})],
    ['signed with the public key as a secret', () => forged({ alg: 'HS256' }, {}, publicPem())],
    [
      'that is not signed',
      async () => {
        const [, claims = ''] = (await issued()).split('.');
        const header = Buffer.from('{"alg":"none","kid":"k1","typ":"at+jwt"}').toString(
          'base64url',
        );
        return `${header}.${claims}.`;
      },
    ],
  ])('refuses a token %s', async (_, make) => {
    await expect(verify(await make())).rejects.toThrow();
  });
});
