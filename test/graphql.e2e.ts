import { randomUUID } from 'node:crypto';
import { GraphQLModule } from '@nestjs/graphql';
import type { MercuriusDriverConfig } from '@nestjs/mercurius';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createAuthClient } from '@tokenward/client';
import { PasswordHasher } from '@tokenward/nestjs';
import { WebSocket } from 'ws';
import {
  actingAs,
  caller,
  type ContextHost,
  startContext,
  UNAUTHENTICATED,
} from './support/contexts.js';
import { dpopClient } from './support/dpop-client.js';
import { ForeignIssuer } from './support/foreign-issuer.js';
import { hostDatabase, type HostDatabase } from './support/host-app.js';
import { httpClient } from './support/http.js';
import { bearer, claimsOf } from './support/stage.js';
import { NAMED } from './support/trusting-routes.js';
import { Things } from './support/graphql-things.js';

const PASSWORD = 'a long enough passphrase';

let database: HostDatabase;
beforeAll(async () => {
  database = await hostDatabase();
}, 60_000);
afterAll(() => database.drop());

describe('GraphQL', () => {
  let host: ContextHost;
  let sso: ForeignIssuer;
  beforeAll(async () => {
    // mercurius requires it for its own page alone, and Jest cannot require the ES modules behind it
    jest.mock('@fastify/static', () => ({}));
    const { MercuriusDriver } = await import('@nestjs/mercurius');
    const graphql = GraphQLModule.forRoot<MercuriusDriverConfig>({
      driver: MercuriusDriver,
      autoSchemaFile: true,
      subscription: true,
    });
    sso = await ForeignIssuer.start();
    const trusted = { issuer: NAMED, audience: 'api', jwks: { url: sso.jwksUrl } };
    host = await startContext(database, {
      imports: [graphql],
      providers: [Things],
      options: {
        dpop: 'offer',
        trustedIssuers: [{ ...trusted, principal: ({ sub }) => ({ id: String(sub) }) }],
      },
    });
  }, 60_000);
  afterAll(async () => {
    await host?.close();
    await sso?.stop();
  });

  const ask = async (query: string, headers: Record<string, string> = {}) => {
    const answer = await httpClient(host.url).post(
      '/graphql',
      { query: `{ ${query} }` },
      { headers },
    );
    return answer.json<{
      data: Record<string, unknown> | null;
      errors?: { message: string; extensions?: Record<string, unknown> }[];
    }>();
  };

  // T-j2qc
  it('accepts a token in header and cookie, and knows the caller', async () => {
    const me = await caller(database, host);
    expect(await ask('me open', bearer(me.token).headers)).toMatchObject({ data: { me: me.id } });
    expect(await ask('me', { cookie: `access_token=${me.token}` })).toEqual({
      data: { me: me.id },
    });
  });

  it('OriginGuard and ThrottleGuard check the request of the operation', async () => {
    expect(await ask('door')).toEqual({ data: { door: 'open' } });
    const foreign = await ask('door', { 'sec-fetch-site': 'cross-site' });
    expect(foreign.errors?.map(({ message }) => message)).toEqual(['Cross-origin request refused']);
  });

  it('refuses a guarded field in the same way without a token and with a bad one', async () => {
    const without = await ask('me');
    expect(without.data).toBeNull();
    expect(without.errors?.map(({ message }) => message)).toEqual(['Authentication failed']);
    expect(without.errors?.[0]?.extensions).toEqual({
      code: 'UNAUTHENTICATED',
      originalError: UNAUTHENTICATED,
    });
    expect(await ask('me', bearer('junk').headers)).toEqual(without);
    expect(await ask('open')).toEqual({ data: { open: true } });
  });

  it('refuses a mutation-like request with a cookie from a foreign page', async () => {
    const { token } = await caller(database, host);
    const answer = await ask('me', {
      cookie: `access_token=${token}`,
      origin: 'https://evil.example',
    });
    expect(answer.errors?.map(({ message }) => message)).toEqual(['Cross-origin request refused']);
  });

  it('checks roles, also against the database', async () => {
    const member = await caller(database, host);
    expect((await ask('admin', bearer(member.token).headers)).errors?.[0]?.message).toBe(
      'Access denied',
    );
    const keeper = await caller(database, host, 'keeper');
    expect(await ask('admin', bearer(keeper.token).headers)).toEqual({ data: { admin: 'keeper' } });
    await database.pool.query('update people set kind = $1 where person_ref = $2', [
      'member',
      keeper.id,
    ]);
    expect((await ask('admin', bearer(keeper.token).headers)).errors?.[0]?.message).toBe(
      'Authentication failed',
    );
  });

  it('lets nobody in who acts as the user where the user alone may go', async () => {
    const me = await caller(database, host, 'user');
    expect(await ask('own', bearer(me.token).headers)).toEqual({ data: { own: 'own' } });
    const { token } = await actingAs(database, host, me);
    expect(await ask('me', bearer(token).headers)).toEqual({ data: { me: me.id } });
    expect((await ask('own', bearer(token).headers)).errors?.[0]?.message).toBe('Access denied');
  });

  /** By the protocol of graphql-ws: all messages until the subscription is over. */
  const subscribe = (
    token: string,
    onFirst: () => void,
    init: object = bearer(token).headers,
    field = 'ticks',
  ) =>
    new Promise<{ type: string; id?: string; payload?: unknown }[]>((resolve, reject) => {
      const socket = new WebSocket(
        `${host.url.replace('http', 'ws')}/graphql`,
        'graphql-transport-ws',
      );
      const seen: { type: string; id?: string; payload?: unknown }[] = [];
      const send = (message: object) => {
        socket.send(JSON.stringify(message));
      };
      socket.on('error', reject);
      socket.on('open', () => {
        send({ type: 'connection_init', payload: init });
      });
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as (typeof seen)[number];
        seen.push(message);
        const follow = (id: string) =>
          send({ type: 'subscribe', id, payload: { query: `subscription { ${field} }` } });
        if (message.type === 'connection_ack') follow('1');
        // a second operation of the same connection
        if (message.type === 'next' && seen.length === 2) follow('2');
        if (message.type === 'next' && message.id === '2') onFirst();
        if (message.type !== 'complete' && message.type !== 'error') return;
        socket.close();
        resolve(seen);
      });
    });

  // T-hp4h
  it('ends a subscription with its session', async () => {
    const me = await caller(database, host);
    const seen = await subscribe(me.token, () => void host.auth.revokeSession(me.sessionId));
    expect(seen[1]).toMatchObject({ type: 'next', payload: { data: { ticks: me.id } } });
    expect(seen.at(-1)?.type).toBe('complete');
    const refused = await subscribe(me.token, () => undefined);
    expect(JSON.stringify(refused)).toContain('Authentication failed');
  });

  // T-sb2k
  it('a subscription that names another issuer accepts its token, and ends when the token is revoked', async () => {
    const [sub, jti] = [randomUUID(), randomUUID()];
    const token = await sso.sign({ iss: NAMED, sub, jti });
    const end = () => void host.auth.revokeForeign({ issuer: NAMED, jti });
    const seen = await subscribe(token, end, undefined, 'sharedTicks');
    expect(seen[1]).toMatchObject({ type: 'next', payload: { data: { sharedTicks: sub } } });
    expect(seen.at(-1)?.type).toBe('complete');
    const next = await sso.sign({ iss: NAMED, sub });
    expect(JSON.stringify(await subscribe(next, () => undefined))).toContain(
      'Authentication failed',
    );
  });

  // T-j35s
  it('checks a DPoP proof for each request, and once for all operations of a socket', async () => {
    const [owner, me] = [await dpopClient(), await caller(database, host)];
    await database.pool.query('update people set pw = $2 where person_ref = $1', [
      me.id,
      await host.app.get(PasswordHasher, { strict: false }).hash(PASSWORD),
    ]);
    const found = 'select mail from people where person_ref = $1';
    const { rows } = await database.pool.query<{ mail: string }>(found, [me.id]);
    const json = { email: rows[0]?.mail, password: PASSWORD, transport: 'bearer' };
    const login = await owner.call('POST', `${host.url}/auth/login`, { json });
    const { accessToken: token } = login.json<{ accessToken: string }>();
    const graphql = `${host.url}/graphql`;
    const asked = await owner.call('POST', graphql, { token, json: { query: '{ me bound }' } });
    expect(asked.json()).toEqual({ data: { me: me.id, bound: 'dpop' } });
    expect((await ask('bound', bearer(me.token).headers)).errors?.[0]?.message).toBe(
      'Bound session required',
    );

    const initOf = (proof: string) => ({ authorization: `DPoP ${token}`, dpop: proof });
    const proof = await owner.proofFor('GET', graphql.replace('http', 'ws'), token);
    const { sid } = claimsOf(token) as { sid: string };
    const elsewhere = await owner.proofFor('GET', `${host.url}/other`, token);
    for (const bad of [elsewhere, 'junk'])
      expect(JSON.stringify(await subscribe(token, () => undefined, initOf(bad)))).toContain(
        'failed',
      );
    const seen = await subscribe(token, () => void host.auth.revokeSession(sid), initOf(proof));
    expect(seen.filter(({ type }) => type === 'next').map(({ id }) => id)).toContain('2');
    expect(seen.at(-1)?.type).toBe('complete');
    expect(JSON.stringify(await subscribe(token, () => undefined, initOf(proof)))).toContain(
      'failed',
    );
  });

  it('a page refreshes at a refusal, although it has the status 200 (docs/client-pages.md)', async () => {
    const { id } = await caller(database, host);
    const client = createAuthClient({
      baseUrl: host.url,
      transport: 'bearer',
      refreshAheadMs: 0,
    });
    const { user, grant } = await host.auth.openSession(id, {
      transport: 'bearer',
      secondFactor: 'satisfied',
    });
    const { accessToken, refreshToken, accessExpiresInSeconds: expiresIn } = grant;
    await client.loginWith(() =>
      Promise.resolve(Response.json({ user, accessToken, refreshToken, expiresIn })),
    );
    const { jti, exp } = claimsOf(accessToken) as { jti: string; exp: number };
    await host.auth.revokeToken(jti, exp);
    const graphqlFetch: typeof fetch = async (input, init) => {
      const response = await client.fetch(input, init);
      const { errors } = (await response.clone().json()) as {
        errors?: { extensions?: { originalError?: { code?: string } } }[];
      };
      const isRefused = errors?.some(
        (each) => each.extensions?.originalError?.code === 'authentication_failed',
      );
      return isRefused && (await client.refresh()) === 'refreshed'
        ? client.fetch(input, init)
        : response;
    };
    const asked = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ me }' }),
    };
    const refused = await client.fetch('/graphql', asked);
    expect([refused.status, await refused.text()]).toEqual([
      200,
      expect.stringContaining('failed'),
    ]);
    const answer = await graphqlFetch('/graphql', asked);
    expect(await answer.json()).toEqual({ data: { me: id } });
    client.close();
  });

  it('refuses a revoked token', async () => {
    const me = await caller(database, host);
    await host.auth.revokeSession(me.sessionId);
    expect((await ask('me', bearer(me.token).headers)).errors?.[0]?.message).toBe(
      'Authentication failed',
    );
  });
});
