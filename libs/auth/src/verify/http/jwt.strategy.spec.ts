import { describe, expect, it } from '@jest/globals';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import type { HttpRequest } from './adapter.js';
import { FakeAuthenticateFlow, principal, settings } from './http-app.fixture.js';
import { JwtStrategy } from './jwt.strategy.js';
import type { AuthenticateFlow } from '../authenticate.js';

type Outcome = readonly [unknown, unknown, unknown, unknown];

const strategy = (): JwtStrategy =>
  new JwtStrategy(new FakeAuthenticateFlow() as unknown as AuthenticateFlow, settings());

/** By a passport of its own, as a host would register it. */
function byPassport(request: HttpRequest): Promise<Outcome> {
  const own = new passport.Passport();
  own.use('tokenward', strategy());
  return new Promise((resolve) => {
    const done = (...outcome: [unknown, unknown, unknown, unknown]): void => resolve(outcome);
    const middleware = own.authenticate('tokenward', { session: false }, done) as (
      ...args: unknown[]
    ) => void;
    middleware(request, {}, () => undefined);
  });
}

const bearer = (token: string, more: object = {}): HttpRequest => ({
  headers: { authorization: `Bearer ${token}` },
  ...more,
});

describe('JwtStrategy', () => {
  it('is a passport-jwt strategy named jwt that registers itself nowhere', () => {
    const made = strategy();
    expect(made).toBeInstanceOf(Strategy);
    expect(made.name).toBe('jwt');
    expect((passport as unknown as { _strategy(name: string): unknown })._strategy('jwt')).toBeUndefined();
  });

  it('succeeds with the principal, at once or later', async () => {
    expect((await byPassport(bearer('good')))[1]).toEqual(principal());
    expect((await byPassport(bearer('slow')))[1]).toEqual(principal());
  });

  it('fails with the challenge of the contract', async () => {
    expect(await byPassport({ headers: {} })).toEqual([null, false, 'Bearer', 401]);
    expect(await byPassport(bearer('forged'))).toEqual([null, false, 'Bearer error="invalid_token"', 401]);
  });

  it.each(['down', 'slowly-down'])('errors, and does not fail, when a store is %s', async (token) => {
    expect((await byPassport(bearer(token)))[0]).toMatchObject({ code: 'unavailable' });
  });

  it('refuses a cross-origin unsafe request with a cookie whatever the cookie holds', async () => {
    const headers = { cookie: 'access_token=forged', 'sec-fetch-site': 'cross-site' };
    expect((await byPassport({ headers, method: 'POST' }))[0]).toMatchObject({ code: 'cross_origin' });
    expect((await byPassport({ headers, method: 'GET' }))[3]).toBe(401);
  });

  it('two passports do not share a strategy', async () => {
    const one = byPassport(bearer('good'));
    const other = byPassport(bearer('forged'));
    expect((await one)[1]).toEqual(principal());
    expect((await other)[1]).toBe(false);
  });
});
