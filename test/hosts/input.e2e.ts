import {
  type INestApplication,
  Injectable,
  ParseIntPipe,
  type PipeTransform,
  ValidationPipe,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { expect, it } from '@jest/globals';
import { JwtAuthGuard, RolesGuard } from '@tokenward/nestjs';
import { json, raw, text } from 'express';
import { bearer } from '../support/stage.js';
import { eachHost, type HostKind } from './host.js';

/** A pipe that does this to every value of a request. */
const pipe = (transform: PipeTransform['transform']): PipeTransform => ({ transform });

const deep = (value: unknown, change: (text: string) => string): unknown => {
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, deep(each, change)]),
  );
};

@Injectable()
class LetsEverybodyIn extends JwtAuthGuard {
  override async canActivate(...args: Parameters<JwtAuthGuard['canActivate']>): Promise<boolean> {
    return Promise.resolve()
      .then(() => super.canActivate(...args))
      .catch(() => true);
  }
}

const jwt = { provide: APP_GUARD, useExisting: JwtAuthGuard };
const roles = { provide: APP_GUARD, useClass: RolesGuard };
const parser = (
  ...middleware: readonly unknown[]
): Pick<HostKind, 'create' | 'prepare' | 'adapters'> => ({
  adapters: ['express'],
  create: { bodyParser: false },
  prepare: (app: INestApplication) => void app.use(...(middleware as [never])),
});

const KINDS: readonly HostKind[] = [
  { name: 'a pipe that trims', pipe: pipe((value: unknown) => deep(value, (each) => each.trim())) },
  {
    name: 'a pipe that escapes HTML',
    pipe: pipe((value: unknown) => deep(value, (each) => each.replaceAll('&', '&amp;'))),
  },
  {
    name: 'a pipe that takes members away',
    pipe: pipe((value: unknown) => (typeof value === 'object' ? {} : value)),
  },
  { name: 'ParseIntPipe', pipe: new ParseIntPipe() as PipeTransform },
  {
    name: 'ValidationPipe of Nest',
    pipe: new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
  },
  { name: 'a guard of roles before ours', guards: [roles, jwt] },
  { name: 'no global guard', guards: [] },
  { name: 'the JSON parser of the host', ...parser(json()) },
  {
    name: 'a parser of raw bodies for the webhook alone',
    ...parser((request: { url: string }, response: never, next: () => void) =>
      request.url === '/webhook'
        ? raw({ type: '*/*' })(request as never, response, next)
        : json()(request as never, response, next),
    ),
  },
];

/** It ends in a blank and holds what a sanitiser would turn. */
const NEW_PASSWORD = ' salt & pepper on the table ';

eachHost(KINDS, (host) => {
  // T-wsk5
  it('a password is what was typed', async () => {
    const person = await host().person();
    const { email } = person;
    const client = host().client();
    const login = (password: string) =>
      client.post('/auth/login', { email, password, transport: 'bearer' }, { cookies: 'omit' });
    const first = await login(person.password);
    expect(first.status).toBe(200);
    const { accessToken } = first.json<{ accessToken: string }>();
    const body = { currentPassword: person.password, newPassword: NEW_PASSWORD };
    expect((await client.post('/auth/password', body, bearer(accessToken))).status).toBe(200);
    expect((await login(NEW_PASSWORD)).status).toBe(200);
    expect((await login(NEW_PASSWORD.trim())).status).toBe(401);
  });

  it('a session is ended by its id', async () => {
    const me = await host().caller();
    const { headers } = me;
    const client = host().client();
    const [session] = (await client.get('/auth/sessions', { headers })).json<{ id: string }[]>();
    expect((await client.delete('/auth/sessions/x', { headers })).status).toBe(404);
    expect((await client.delete(`/auth/sessions/${session?.id}`, { headers })).status).toBe(204);
    expect((await client.get('/auth/me', { headers })).status).toBe(401);
  });
});

eachHost(
  [
    { name: 'no body parser', adapters: ['express'], create: { bodyParser: false } },
    { name: 'a parser of raw bodies for everything', ...parser(raw({ type: '*/*' })) },
    { name: 'a parser of text for everything', ...parser(text({ type: '*/*' })) },
  ],
  (host) => {
    it('a login without a parsed body is a 500 of the configuration, not a 400', async () => {
      const { email, password } = await host().person();
      const answer = await host().client().post('/auth/login', { email, password });
      expect(answer.json()).toEqual({
        statusCode: 500,
        error: 'Internal Server Error',
        message: 'Internal server error',
        code: 'internal',
      });
    });
  },
);

eachHost(
  [
    {
      name: 'a guard that lets in whom ours refuses',
      guards: [{ provide: APP_GUARD, useClass: LetsEverybodyIn }],
    },
  ],
  (host) => {
    it('leaves no header of the refusal on the answer', async () => {
      const answer = await host().client().get('/plain');
      expect(answer.status).toBe(200);
      expect(answer.headers['www-authenticate']).toBeUndefined();
    });
  },
);

const utf16 = (text: string) => Buffer.from(text, 'utf16le');

eachHost([{ name: 'unreadable bodies' }], (host) => {
  const send = (path: string, body: string | Buffer, type: string) =>
    host()
      .client()
      .request('POST', path, { body, headers: { 'content-type': type } });

  it.each([
    ['cut off', '{"email":"zq7', 'application/json', 400, 'invalid_input'],
    [
      'in UTF-7',
      '{"email":"+AGEAQABi-"}',
      'application/json; charset=utf-7',
      415,
      'unsupported_media_type',
    ],
    [
      'in UTF-16',
      utf16('{"email":"a@b"}'),
      'application/json; charset=utf-16',
      415,
      'unsupported_media_type',
    ],
    [
      'in UTF-16LE',
      utf16('{"email":"a@b"}'),
      'application/json; charset=utf-16le',
      415,
      'unsupported_media_type',
    ],
    [
      'in Latin-1',
      '{"email":"a@b"}',
      'application/json; charset=iso-8859-1',
      415,
      'unsupported_media_type',
    ],
    [
      'too large',
      JSON.stringify({ x: 'zq7'.repeat(700_000) }),
      'application/json',
      413,
      'too_large',
    ],
  ])('%s, on Tokenward’s routes in its shape', async (_name, body, type, status, code) => {
    const answer = await send('/auth/login', body, type);
    expect(answer.json()).toMatchObject({ statusCode: status, code });
    expect(answer.text).not.toContain('zq7');
  });

  // Express routes paths in any case, Fastify decodes them first
  it.each(['/AUTH/login', '/%61uth/login', '/Auth/Login?a=b'])(
    'at %s: in Tokenward’s shape too',
    async (path) => {
      const answer = await send(path, '{"email":"a@b.c","password":zq7}', 'application/json');
      expect(answer.json()).toMatchObject({ statusCode: 400, code: 'invalid_input' });
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.text).not.toContain('zq7');
    },
  );

  it.each(['/things', '/things?next=/auth/login'])(
    'on a route of the host, %s: as Nest answers by itself',
    async (path) => {
      const answer = await send(path, '{"email":"zq7', 'application/json');
      expect(answer.status).toBe(400);
      expect(answer.json()).not.toHaveProperty('code');
      expect(answer.json<{ message: string }>().message).not.toBe('body: must be valid JSON');
    },
  );
});
