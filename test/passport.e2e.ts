import { Controller, Get, type INestApplication, Module, Post, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthModule, CurrentUser, JwtAuthGuard } from '@tokenward/nestjs';
import { TokenwardPassportModule } from '@tokenward/nestjs/passport';
import { memoryAuthOptions } from '@tokenward/nestjs/testing';
import { FORGED, type Forger, GOOD } from './support/forgeries.js';
import { type HttpAnswer, httpClient, type RequestHeaders } from './support/http.js';
import { ADAPTERS, AUDIENCE, ISSUER, KEY_ID } from './support/stage.js';

class Routes {
  @Get()
  who(@CurrentUser('role') role: string) {
    return { role };
  }
  @Post()
  change(@CurrentUser('role') role: string) {
    return { role };
  }
}
@Controller('ours')
@UseGuards(JwtAuthGuard)
class Ours extends Routes {}
@Controller('theirs')
@UseGuards(AuthGuard('jwt'))
class Theirs extends Routes {}

/** The whole answer, without what the second of two answers has anyway. */
function all({ status, headers, text }: HttpAnswer) {
  const { date: _date, ...rest } = headers;
  return { status, headers: rest, text };
}

describe.each(ADAPTERS)("AuthGuard('jwt') of @nestjs/passport on %s", (adapter) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  let app: INestApplication;
  let forger: Forger;
  beforeAll(async () => {
    const keys = { algorithm: 'RS256', privateKey, keyId: KEY_ID } as const;
    const auth = memoryAuthOptions({ issuer: ISSUER, audience: AUDIENCE, keys });
    @Module({
      imports: [AuthModule.forRoot(auth), TokenwardPassportModule.forRoot()],
      controllers: [Ours, Theirs],
    })
    class Host {}
    const quiet = { logger: false, abortOnError: false } as const;
    app =
      adapter === 'fastify'
        ? await NestFactory.create(Host, new FastifyAdapter(), quiet)
        : await NestFactory.create(Host, quiet);
    await app.listen(0, '127.0.0.1');
    const publishedJwks = (await httpClient(await app.getUrl()).get('/.well-known/jwks.json')).text;
    forger = { privateKey, publishedJwks, trapUrl: 'http://127.0.0.1:9/jwks.json' };
  }, 60_000);
  afterAll(() => app.close());

  const both = async (headers: RequestHeaders, method: 'get' | 'post' = 'get') => {
    const client = httpClient(await app.getUrl());
    const ask = async (path: string) =>
      all(
        method === 'get'
          ? await client.get(path, { headers })
          : await client.post(path, undefined, { headers }),
      );
    return { ours: await ask('/ours'), theirs: await ask('/theirs') };
  };

  // T-x45v
  it.each(FORGED)(
    'answers %s to the byte as JwtAuthGuard does, header and cookie',
    async (_, forge) => {
      const token = forge(forger);
      const ways: RequestHeaders[] = [
        { authorization: `Bearer ${token}` },
        { cookie: `access_token=${token}` },
      ];
      for (const headers of ways) {
        const { ours, theirs } = await both(headers);
        expect([ours.status, ours.headers['www-authenticate']]).toEqual([
          401,
          'Bearer error="invalid_token"',
        ]);
        expect(theirs).toEqual(ours);
      }
    },
  );

  it.each(GOOD)('accepts %s and knows the caller', async (_, forge) => {
    const { ours, theirs } = await both({ authorization: `Bearer ${forge(forger)}` });
    expect(ours).toMatchObject({ status: 200, text: '{"role":"user"}' });
    expect(theirs).toEqual(ours);
  });

  it.each<[string, RequestHeaders, 'get' | 'post', number]>([
    ['no token', {}, 'get', 401],
    ['two cookies', { cookie: 'access_token=a; access_token=b' }, 'get', 401],
    [
      'a cookie from a foreign page',
      { cookie: 'access_token=a', origin: 'https://evil.test' },
      'post',
      403,
    ],
    ['two Authorization headers', { authorization: ['Bearer a', 'Bearer b'] }, 'get', 401],
  ])('answers %s as JwtAuthGuard does', async (_, headers, method, status) => {
    const { ours, theirs } = await both(headers, method);
    expect(ours.status).toBe(status);
    expect(theirs).toEqual(ours);
  });
});
