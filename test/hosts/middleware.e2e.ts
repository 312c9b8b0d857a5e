import type { INestApplication } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import compression from 'compression';
import type { NextFunction, Request, Response } from 'express';
import session from 'express-session';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { logIn } from '../support/stage.js';
import { eachHost, type HostKind } from './host.js';

type Middleware = (request: Request, response: Response, next: NextFunction) => void;

const logged: string[] = [];

/** Of Express alone. */
const express = (...middleware: readonly Middleware[]): Pick<HostKind, 'adapters' | 'prepare'> => ({
  adapters: ['express'],
  prepare: (app: INestApplication) => middleware.forEach((each) => void app.use(each)),
});

/** Of Fastify alone. */
const fastify = (
  change: (instance: FastifyInstance) => void,
): Pick<HostKind, 'adapters' | 'prepare'> => ({
  adapters: ['fastify'],
  prepare: (app: INestApplication) => change(app.getHttpAdapter().getInstance() as FastifyInstance),
});

const envelope: Middleware = (_request, response, next) => {
  const json = response.json.bind(response);
  response.json = (body: unknown) => json({ data: body });
  next();
};

const logOfBodies: Middleware = (_request, response, next) => {
  const send = response.send.bind(response);
  response.send = (body: unknown) => {
    logged.push(String(body));
    return send(body);
  };
  next();
};

const KINDS: readonly HostKind[] = [
  { name: 'a middleware that replaces res.json', ...express(envelope) },
  { name: 'a middleware that replaces res.send', ...express(logOfBodies) },
  { name: 'compression', ...express(compression({ threshold: 0 }) as Middleware) },
  {
    name: 'express-session',
    ...express(
      session({ secret: crypto.randomUUID(), resave: true, saveUninitialized: true }) as Middleware,
    ),
  },
  {
    name: 'a preSerialization hook that makes an envelope',
    ...fastify((instance) => {
      instance.addHook('preSerialization', (_request, _reply, payload, done) =>
        done(null, { data: payload }),
      );
    }),
  },
  {
    name: 'a JSON parser of its own, and frameworkErrors',
    create: { bodyParser: false },
    fastify: {
      frameworkErrors: (_error, _request, reply: unknown) =>
        void (reply as FastifyReply).code(400).send(),
    },
    ...fastify((instance) => {
      instance.removeContentTypeParser('application/json');
      instance.addContentTypeParser(
        'application/json',
        { parseAs: 'string' },
        (_request, body, done) => {
          done(null, body === '' ? undefined : JSON.parse(String(body)));
        },
      );
    }),
  },
];

eachHost(KINDS, (host) => {
  it('the JWKS and other machine-readable answers are unchanged', async () => {
    const answer = await host().client().get('/.well-known/jwks.json');
    expect([answer.status, answer.headers['content-type']]).toEqual([
      200,
      'application/json; charset=utf-8',
    ]);
    expect(answer.json()).toEqual({
      keys: [expect.objectContaining({ alg: 'ES256', use: 'sig' })],
    });
  });

  it('a login, a refresh and a logout answer as described, and no log of bodies holds a token', async () => {
    const client = host().client();
    const person = await host().person();
    const shown = { tokenType: 'Bearer', expiresIn: 900, accessToken: expect.any(String) };
    const login = await logIn(client, person, { transport: 'hybrid' });
    expect(login.json()).toEqual({
      ...shown,
      user: { id: person.id, email: person.email, role: 'member' },
    });
    expect((await client.post('/auth/refresh')).json()).toEqual(shown);
    expect((await client.get('/auth/me')).status).toBe(401);
    const logout = await client.post('/auth/logout');
    expect([logout.status, logout.text]).toEqual([204, '']);
    expect(logged.join()).not.toContain(login.json<{ accessToken: string }>().accessToken);
  });

  it('a list is a list, and a refusal keeps its status and challenge', async () => {
    const { headers } = await host().caller();
    const sessions = await host().client().get('/auth/sessions', { headers });
    expect(sessions.json<unknown[]>()).toEqual([expect.objectContaining({ current: true })]);
    const refused = await host().client().get('/auth/me');
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    expect(
      (await host().client().post('/auth/login', { email: 'n@people.test', password: 'x' })).status,
    ).toBe(401);
  });
});
