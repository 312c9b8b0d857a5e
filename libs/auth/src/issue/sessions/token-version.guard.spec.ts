import { type ExecutionContext, Logger } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import type { Principal } from '../../common/principal.js';
import type { AuthenticateFlow } from '../../verify/authenticate.js';
import { admitNobody, setPrincipal } from '../../verify/guards/call-context.js';
import { OptionalAuth, Public, Roles } from '../../verify/guards/decorators.js';
import { TokenVersionGuard } from './token-version.guard.js';

class Routes {
  plain(): void {
    return undefined;
  }
  @Public()
  open(): void {
    return undefined;
  }
  @OptionalAuth()
  optional(): void {
    return undefined;
  }
  @OptionalAuth()
  @Roles('admin')
  contradicted(): void {
    return undefined;
  }
}
type Route = keyof Routes;
const principal = { id: 'u', tokenId: 't' } as Principal;

beforeAll(() => Logger.overrideLogger(false));
let asked: Principal[];
let answer: () => Promise<Principal>;
beforeEach(() => {
  asked = [];
  answer = () => Promise.resolve(principal);
});
const flow = {
  assertCanConfirm: () => undefined,
  confirm: (given: Principal) => (asked.push(given), answer()),
} as unknown as AuthenticateFlow;
const guard = new TokenVersionGuard(flow);
const response = { setHeader: () => undefined, getHeader: () => undefined };

function call(route: Route, caller: 'somebody' | 'nobody' | 'not looked at'): ExecutionContext {
  const request = { headers: {} };
  if (caller === 'somebody') setPrincipal(request, principal);
  if (caller === 'nobody') admitNobody(request);
  return new ExecutionContextHost([request, response], Routes, Routes.prototype[route]);
}
const judged = async (...given: Parameters<typeof call>) => await guard.canActivate(call(...given));

describe('TokenVersionGuard', () => {
  it.each<Route>(['plain', 'optional', 'contradicted'])(
    'asks the database about the caller of a route: %s',
    async (route) => {
      expect(await judged(route, 'somebody')).toBe(true);
      expect(asked).toEqual([principal]);
    },
  );

  it('lets a caller in only once the database has confirmed', async () => {
    let confirm: (who: Principal) => void = () => undefined;
    answer = () => new Promise((resolve) => (confirm = resolve));
    let verdict: unknown = 'none yet';
    const judging = judged('plain', 'somebody').then((is) => (verdict = is));
    await Promise.resolve();
    expect(verdict).toBe('none yet');
    confirm(principal);
    await judging;
    expect(verdict).toBe(true);
  });

  it.each<[string, AuthError]>([
    ['refuses it', new AuthError('token_refused', 'the version moved')],
    ['does not answer', AuthError.unavailable('database')],
  ])('refuses a caller if the database %s', async (_, error) => {
    answer = () => Promise.reject(error);
    await expect(judged('plain', 'somebody')).rejects.toBe(error);
  });

  it.each<[Route, Parameters<typeof call>[1]]>([
    ['open', 'not looked at'],
    ['open', 'somebody'],
    ['optional', 'nobody'],
  ])('asks nothing about a route that is %s to %s', async (route, caller) => {
    expect(await judged(route, caller)).toBe(true);
    expect(asked).toEqual([]);
  });

  it.each<[Route, Parameters<typeof call>[1]]>([
    ['plain', 'not looked at'],
    ['plain', 'nobody'],
    ['optional', 'not looked at'],
    ['contradicted', 'nobody'],
  ])('refuses a route that is %s to a caller who is %s', async (route, caller) => {
    await expect(judged(route, caller)).rejects.toMatchObject({
      reason: 'token_missing',
      detail: 'TokenVersionGuard needs JwtAuthGuard before it',
    });
    expect(asked).toEqual([]);
  });

  it('stops the boot where there is no database to ask', () => {
    const missing = AuthError.configuration('TokenVersionGuard', 'needs a database');
    const alone = {
      assertCanConfirm: (name: string) => {
        expect(name).toBe('TokenVersionGuard');
        throw missing;
      },
    } as unknown as AuthenticateFlow;
    expect(() => new TokenVersionGuard(alone)).toThrow(missing);
  });

  it('of a named instance asks that instance', async () => {
    const Named = TokenVersionGuard.for('b');
    expect(Named).toHaveProperty('instance', 'b');
    expect(await new Named(flow).canActivate(call('plain', 'somebody'))).toBe(true);
    expect(asked).toEqual([principal]);
  });
});
