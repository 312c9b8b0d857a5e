import type { ExecutionContext } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOf } from '../http/adapter.js';
import { principal } from '../http/samples.fixture.js';
import { startApp } from '../http/http-app.fixture.js';
import type { TestApp } from '../http/test-app.fixture.js';
import { admit, admittedBy, principalOf } from './call-context.js';
import { graphqlCall } from './graphql-call.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';

const GOOD = { authorization: 'Bearer good' };
const handshake = (headers: Record<string, string>, added = {}) => ({
  headers: { host: 'api.test', upgrade: 'websocket', ...headers, ...added },
  rawHeaders: Object.entries({ host: 'api.test', upgrade: 'websocket', ...headers }).flat(),
  method: 'GET',
});
const cookie = { cookie: 'access_token=good' };
const foreign = { ...cookie, origin: 'https://evil.test' };
const own = { ...cookie, origin: 'http://api.test' };

class Things {
  field(): void {}
}
const callOf = (made: unknown, info?: object): ExecutionContext =>
  ({
    getType: () => 'graphql',
    getHandler: () => Things.prototype.field,
    getClass: () => Things,
    getArgByIndex: (index: number) => [undefined, undefined, made, info][index],
  }) as unknown as ExecutionContext;

describe('the context of a GraphQL operation', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp('express');
  });
  afterAll(() => app.app.close());

  const verdict = (made: unknown): string => {
    const context = callOf(made);
    try {
      void app.app.get(JwtAuthGuard).canActivate(context);
      return principalOf(context)?.id ?? 'nobody';
    } catch (error) {
      return (error as { reason: string }).reason;
    }
  };

  it.each<[string, unknown, string]>([
    ['Apollo: req', { req: { headers: GOOD }, res: {} }, 'u1'],
    ['Mercurius: reply', { app: {}, reply: { request: { headers: GOOD } } }, 'u1'],
    ['Mercurius: request', { request: { headers: GOOD } }, 'u1'],
    [
      'graphql-ws: connectionParams',
      { connectionParams: GOOD, extra: { request: handshake({}) } },
      'u1',
    ],
    [
      'graphql-ws as Nest passes it',
      { req: { connectionParams: GOOD, extra: { request: handshake({}) } } },
      'u1',
    ],
    [
      'connectionParams in another case',
      {
        req: {
          connectionParams: { Authorization: 'bearer good' },
          extra: { request: handshake({}) },
        },
      },
      'u1',
    ],
    ['connectionParams alone', { connectionParams: GOOD }, 'u1'],
    [
      'Mercurius: the first message',
      { request: handshake({}), _connectionInit: { headers: GOOD } },
      'u1',
    ],
    ['a cookie of the handshake from an own page', { req: handshake(own) }, 'u1'],
    ['a cookie of the handshake from a foreign page', { req: handshake(foreign) }, 'cross_origin'],
    ['the same under extra', { extra: { request: handshake(foreign) } }, 'cross_origin'],
    [
      'the same, whose first message claims otherwise',
      { request: handshake(foreign, { 'sec-fetch-site': 'same-origin' }) },
      'cross_origin',
    ],
    [
      'a cookie that the first message brought',
      { request: handshake({}, cookie), _connectionInit: cookie },
      'token_missing',
    ],
    [
      'a token in both',
      { extra: { request: handshake(GOOD) }, connectionParams: GOOD },
      'token_refused',
    ],
    ['a bad token', { connectionParams: { authorization: 'Bearer forged' } }, 'token_refused'],
    [
      'a token without its scheme',
      { connectionParams: { authorization: 'good' } },
      'token_missing',
    ],
    [
      'connectionParams beside a request that is not a handshake',
      { req: { headers: {} }, connectionParams: GOOD },
      'token_missing',
    ],
    ['nothing', {}, 'token_missing'],
    ['none', undefined, 'token_missing'],
    [
      'a user whom somebody put there',
      { user: { id: 'u1' }, req: { user: { id: 'u1' } } },
      'token_missing',
    ],
  ])('%s', (_, made, expected) => {
    expect(verdict(made)).toBe(expected);
  });

  it.each([
    ['of the connection', {}, '192.0.2.7'],
    ['that Fastify or the host tells', { ip: '203.0.113.9' }, '203.0.113.9'],
  ])('has the address %s, for the limits', (_, told, ip) => {
    const live = { ...handshake({}), socket: { remoteAddress: '192.0.2.7' }, ...told };
    const request = graphqlCall({ extra: { request: live }, connectionParams: GOOD })?.request;
    expect(request && clientOf(request).ip).toBe(ip);
  });

  // T-dph3
  it('has the proof of its first message, for all operations of a connection', () => {
    const live = { ...handshake({}), url: '/graphql' };
    const connectionParams = { Authorization: 'DPoP bound', DPoP: 'proof' };
    const requestFor = (params: object) =>
      graphqlCall({ extra: { request: live }, connectionParams: params })?.request;
    const first = requestFor(connectionParams);
    expect(first).toMatchObject({ method: 'GET', url: '/graphql' });
    expect(first?.headers).toMatchObject({ authorization: 'DPoP bound', dpop: 'proof' });
    expect(requestFor(connectionParams)).toBe(first);
    expect(requestFor({ ...connectionParams })).not.toBe(first);
    const twice = graphqlCall({
      extra: { request: handshake({ dpop: 'a' }) },
      connectionParams: { dpop: 'b' },
    });
    expect(twice?.request.headers['dpop']).toBe('a, b');
  });

  it('of one operation on a connection does not affect the next', () => {
    const request = handshake({});
    expect(verdict({ extra: { request }, connectionParams: GOOD })).toBe('u1');
    expect(principalOf(callOf({ extra: { request } }))).toBeUndefined();
  });

  it('keeps the caller of each field, where guards of different instances let them in side by side', () => {
    const made = { req: { headers: {} } };
    const at = (path: object) => callOf(made, { path });
    const [mine, theirs, open] = [{ key: 'me' }, { key: 'staff' }, { key: 'open' }];
    admit(at(mine), principal({ id: 'customer' }), app);
    expect(principalOf(at({ key: 'open' }))?.id).toBe('customer');
    admit(at(theirs), principal({ id: 'staff' }), made);
    expect([mine, theirs].map((path) => principalOf(at(path))?.id)).toEqual(['customer', 'staff']);
    expect(principalOf(at({ key: 'name', prev: { key: 0, prev: mine } }))?.id).toBe('customer');
    expect([admittedBy(at(mine)), admittedBy(at(theirs))]).toEqual([app, made]);
    expect(principalOf(at(open))).toBeUndefined();
  });
});
