import { type ExecutionContext } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { routes } from './guards.fixture.js';
import { startApp } from '../http/http-app.fixture.js';
import type { TestApp } from '../http/test-app.fixture.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';

describe('JwtAuthGuard', () => {
  class HotController {}
  let app: TestApp;
  const contextOf = (type: string, request: object): ExecutionContext =>
    ({
      getType: () => type,
      getHandler: () => routes,
      getClass: () => HotController,
      switchToHttp: () => ({ getRequest: () => request }),
    }) as unknown as ExecutionContext;
  beforeAll(async () => {
    app = await startApp('express');
  });
  afterAll(() => app.app.close());

  it('answers synchronously while no store has to be asked', () => {
    const request = { headers: { authorization: 'Bearer good' }, method: 'GET' };
    expect(app.app.get(JwtAuthGuard).canActivate(contextOf('http', request))).toBe(true);
    expect(request).toMatchObject({ user: { id: 'u1' } });
  });

  it('refuses a call of an unknown kind', () => {
    const call = () => app.app.get(JwtAuthGuard).canActivate(contextOf('pigeon', {}));
    expect(call).toThrow(expect.objectContaining({ reason: 'token_missing' }));
  });
});
