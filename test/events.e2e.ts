import { Injectable, Logger, Module } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AuthModule, AuthService } from '@tokenward/nestjs';
import type { AuthEvent } from '@tokenward/nestjs/observe';
import { hostDatabase, type HostDatabase, hostOptions, startHost } from './support/host-app.js';
import { type ObservedHost, startObservedHost } from './support/observed-host.js';
import { bearer } from './support/stage.js';

@Injectable()
class Listener {
  readonly heard: AuthEvent[] = [];

  @OnEvent('tokenward.refresh.reused')
  reused(event: Extract<AuthEvent, { type: 'refresh.reused' }>) {
    this.heard.push(event);
  }

  @OnEvent('tokenward.login.succeeded')
  broken() {
    throw new Error('a listener of the host');
  }
}

let database: HostDatabase;
beforeAll(async () => {
  database = await hostDatabase();
}, 60_000);
afterAll(() => database.drop());

describe('events', () => {
  let host: ObservedHost;
  beforeAll(async () => {
    host = await startObservedHost(database, {
      refreshToken: { onReuse: 'family' },
      sessions: { maxPerUser: 1 },
    });
  }, 60_000);
  afterAll(() => host.close());

  const since = async (work: () => Promise<unknown>): Promise<readonly AuthEvent[]> => {
    const before = host.events.length;
    await work();
    return host.events.slice(before);
  };
  const types = (events: readonly AuthEvent[]) => events.map(({ type }) => type);

  // T-kkbs
  it('report a login, a refusal, a refresh, a reuse and a logout, with user and address', async () => {
    const { id, email } = await host.add();
    const client = host.client();
    const events = await since(async () => {
      await host.logIn(client, email, { password: 'wrong password entirely' });
      await host.logIn(client, email, { userAgent: 'Firefox', ip: '192.0.2.9' });
      const thief = client.copy();
      await client.post('/auth/refresh');
      await client.get('/auth/me', bearer('junk'));
      await thief.post('/auth/refresh');
    });
    expect(types(events)).toEqual([
      'login.failed',
      'login.succeeded',
      'refresh.rotated',
      'refresh.reused',
    ]);
    expect(events[0]).toMatchObject({ reason: 'wrong_password', userId: id, severity: 'warning' });
    expect(events[1]).toMatchObject({
      userId: id,
      ip: '192.0.2.9',
      userAgent: 'Firefox',
      knownDevice: false,
    });
    expect(events[3]).toMatchObject({ userId: id, severity: 'high', sessionsEnded: 1 });
  });

  it('report the session that ended because of the limit', async () => {
    const { id, email } = await host.add();
    await host.logIn(host.client(), email);
    const events = await since(() => host.logIn(host.client(), email));
    expect(types(events)).toEqual(['session.ended', 'login.succeeded']);
    expect(events[0]).toMatchObject({ reason: 'limit', userId: id });
  });

  it('report a refused access token, and its user if the token is genuine', async () => {
    const { id, email } = await host.add();
    const client = host.client();
    const answer = await host.logIn(client, email, { transport: 'bearer' });
    const { accessToken } = answer.json<{ accessToken: string }>();
    const events = await since(async () => {
      await client.post('/auth/logout', {}, bearer(accessToken));
      await client.get('/auth/me', bearer(accessToken));
      await client.get('/auth/me', bearer('junk'));
      await client.get('/auth/me');
    });
    expect(types(events)).toEqual(['session.ended', 'token.refused', 'token.refused']);
    expect(events[0]).toMatchObject({ userId: id, reason: 'logout' });
    expect(events[1]).toMatchObject({ userId: id, reason: 'revoked' });
    expect(events[2]).not.toHaveProperty('userId');
  });
});

describe('@nestjs/event-emitter', () => {
  @Module({ imports: [EventEmitterModule.forRoot()], providers: [Listener] })
  class ListeningModule {}

  // T-db2p
  it('gets every event as tokenward.<type>, and a failing listener has no effect', async () => {
    const host = await startHost({
      module: class HostModule {},
      imports: [ListeningModule, AuthModule.forRoot(hostOptions(database))],
    });
    const anything = jest.fn();
    host.app.get(EventEmitter2, { strict: false }).onAny((name) => void anything(name));
    const observed = await startObservedHost(database);
    const { email } = await observed.add();
    const client = host.client();
    expect((await observed.logIn(client, email)).status).toBe(200);
    const thief = client.copy();
    await client.post('/auth/refresh');
    await thief.post('/auth/refresh');
    expect(anything.mock.calls.flat()).toEqual([
      'tokenward.login.succeeded',
      'tokenward.refresh.rotated',
      'tokenward.refresh.reused',
    ]);
    const [reused] = host.app.get(Listener, { strict: false }).heard;
    expect(reused).toMatchObject({ type: 'refresh.reused', severity: 'high' });
    await Promise.all([host.close(), observed.close()]);
  });
});

describe('log lines', () => {
  // T-7rq3
  it.each([
    ['none', []],
    ['high', ['refresh.reused']],
    ['warning', ['login.failed', 'refresh.reused']],
    ['all', ['login.failed', 'login.succeeded', 'refresh.rotated', 'refresh.reused']],
  ] as const)('observe.logEvents %s: %j, one object each', async (logEvents, expected) => {
    const host = await startObservedHost(database, { observe: { logEvents } });
    const lines: Record<string, unknown>[] = [];
    const keep = (line: unknown): void =>
      void (typeof line === 'object' && lines.push(line as never));
    const spies = (['log', 'warn'] as const).map((level) =>
      jest.spyOn(Logger.prototype, level).mockImplementation(keep),
    );
    const { id, email } = await host.add();
    const client = host.client();
    await host.logIn(client, email, { password: 'wrong password entirely' });
    await host.logIn(client, email);
    const thief = client.copy();
    await client.post('/auth/refresh');
    await thief.post('/auth/refresh');
    for (const spy of spies) spy.mockRestore();
    expect(lines.map(({ event }) => event)).toEqual(expected);
    for (const line of lines)
      expect(line).toMatchObject({ msg: `tokenward.${line['event'] as string}`, userId: id });
    expect(JSON.stringify(lines)).not.toMatch(/eyJ|\$argon2|[A-Za-z0-9_-]{60}/);
    await host.close();
  });

  it('refuse an unknown level', async () => {
    const starting = startObservedHost(database, { observe: { logEvents: 'loud' as never } });
    await expect(starting).rejects.toThrow(
      'observe.logEvents: must be one of none, high, warning, all',
    );
  });
});

describe('alerts', () => {
  let host: ObservedHost;
  beforeAll(async () => {
    host = await startObservedHost(database, { observe: { burstOf: 3 } });
  }, 60_000);
  afterAll(() => host.close());

  /** Those of one test: the sign-ins of the others raise theirs whenever they do. */
  const raised = async (type: string, count = 1, userId?: string) => {
    const until = Date.now() + 5_000;
    const find = () =>
      host.alerts.filter(
        (alert) =>
          alert.type === type && (!userId || ('userId' in alert && alert.userId === userId)),
      );
    while (find().length < count && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 10));
    return find();
  };

  // T-p62g
  it('report a reuse', async () => {
    const { id, email } = await host.add();
    const client = host.client();
    await host.logIn(client, email);
    const thief = client.copy();
    await client.post('/auth/refresh');
    await thief.post('/auth/refresh', {}, { headers: { 'x-forwarded-for': '203.0.113.66' } });
    expect(await raised('refresh.reused')).toMatchObject([
      { userId: id, ip: '203.0.113.66', sessionsEnded: 1 },
    ]);
  });

  // T-nbvk
  it('report a sign-in from a new device or network, but not the first one or a known one', async () => {
    const { id, email } = await host.add();
    const client = host.client();
    await host.logIn(client, email, { userAgent: 'Firefox', ip: '192.0.2.1' });
    await host.logIn(client, email, { userAgent: 'Firefox', ip: '192.0.2.77' });
    await host.logIn(host.client(), email, { userAgent: 'curl', ip: '198.51.100.1' });
    const [device] = await raised('login.new_device', 1, id);
    const [network] = await raised('login.new_network', 1, id);
    expect(device).toMatchObject({ userId: id, userAgent: 'curl' });
    expect(network).toMatchObject({ userId: id, ip: '198.51.100.1' });
    expect(
      host.alerts.filter(
        (alert) => alert.type.startsWith('login.new') && 'userId' in alert && alert.userId === id,
      ),
    ).toHaveLength(2);
  });

  // T-mcpr
  it('report a session that is refreshed from a new network', async () => {
    const { id, email } = await host.add();
    const client = host.client();
    await host.logIn(client, email, { ip: '192.0.2.1' });
    for (const ip of ['192.0.2.200', '203.0.113.5', '203.0.113.6'])
      await client.post('/auth/refresh', {}, { headers: { 'x-forwarded-for': ip } });
    expect(await raised('refresh.new_network', 1, id)).toMatchObject([
      { userId: id, ip: '203.0.113.5' },
    ]);
  });

  // T-x7j2
  it('report a burst of failures once, by account and by address', async () => {
    const { id, email } = await host.add();
    const other = await host.add();
    const guess = (mail: string, ip: string) =>
      host.logIn(host.client(), mail, { password: 'wrong password entirely', ip });
    for (const ip of ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']) await guess(email, ip);
    for (const mail of [other.email, 'nobody@people.test', 'no-one@people.test'])
      await guess(mail, '10.9.9.9');
    expect(await raised('failures.burst', 2)).toMatchObject([
      { userId: id, failures: 3, ip: '10.0.0.3' },
      { ip: '10.9.9.9', failures: 3 },
    ]);
  });

  it('report a revoked key', async () => {
    const { keys } = (await host.client().get('/.well-known/jwks.json')).json<{
      keys: { kid: string }[];
    }>();
    const keyId = keys[0]?.kid ?? '';
    await host.app.get(AuthService, { strict: false }).revokeKey(keyId);
    expect(await raised('key.revoked')).toMatchObject([{ keyId }]);
  });
});
