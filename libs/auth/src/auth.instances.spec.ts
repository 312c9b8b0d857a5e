import { type DynamicModule, forwardRef, Logger, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { AuthInstances } from './auth.instances.js';
import { AuthModule } from './auth.module.js';
import { AuthError } from './common/auth-error.js';
import { authToken } from './common/instance-token.js';
import { AuthService } from './issue/auth.service.js';
import type { AuthStorage } from './storage/auth-storage.js';
import { AuthTestingModule } from './testing/auth-testing.module.js';
import { memoryAuthOptions } from './testing/memory-auth-options.js';
import { memoryStorage } from './testing/memory-storage.js';

const running: TestingModule[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.close();
});

/** Each import in a feature module of its own, as hosts do who write it where they need it. */
async function boot(...imports: DynamicModule['imports'] & object): Promise<TestingModule> {
  const features = imports.map((each) => {
    @Module({ imports: [each] })
    class Feature {}
    return Feature;
  });
  const app = await Test.createTestingModule({ imports: features }).compile();
  running.push(app);
  return app.init();
}

const unnamed = () => AuthTestingModule.forRoot({ isGlobal: false });
const staff = (changes: { storage?: AuthStorage } = {}) =>
  AuthTestingModule.forRoot({ name: 'staff', ...changes });
const later = (name?: string) =>
  AuthModule.forRootAsync({ name, useFactory: () => memoryAuthOptions() });
const verifying = () =>
  AuthModule.forResourceServer({
    issuer: 'https://other.example',
    audience: 'a',
    jwks: { url: 'https://other.example/keys' },
  });

describe('two instances of one name and issuer in an application stop the boot', () => {
  // T-m6wk
  it.each<[string, string, () => DynamicModule[]]>([
    ['none, by forRoot', 'without a name', () => [unnamed(), unnamed()]],
    ['none, one of them global', 'without a name', () => [AuthTestingModule.forRoot(), unnamed()]],
    ['none, by forRootAsync too', 'without a name', () => [unnamed(), staff(), later()]],
    ['staff', "named 'staff'", () => [unnamed(), staff(), later('staff')]],
  ])('name: %s', async (_what, which, imports) => {
    // the application itself would take minutes to print
    const error = await boot(...imports()).then(
      () => 'booted',
      (each: unknown) => each,
    );
    expect(error).toMatchObject({ reason: 'configuration_invalid' });
    const { message } = error as Error;
    expect(message).toMatch(/^AuthModule: .*isGlobal.*name/);
    expect(message).toContain(which);
    expect(message).not.toContain('\n');
  });

  it('one module object imported anywhere is one instance, in each application of the process', async () => {
    const [auth, other] = [unnamed(), staff()];
    const imports = [auth, auth, forwardRef(() => auth), other, Promise.resolve(other)];
    const [first, second] = [await boot(...imports), await boot(...imports)];
    const of = (app: TestingModule, name?: string): unknown =>
      app.get(authToken(AuthService, name), { strict: false });
    expect(new Set([first, second].flatMap((app) => [of(app), of(app, 'staff')])).size).toBe(4);
  });

  it('two issuers are two sign-ins, with a name or without', async () => {
    const other = AuthModule.forRoot({ ...memoryAuthOptions(), issuer: 'https://other.example' });
    await expect(boot(unnamed(), other)).resolves.toBeDefined();
  });

  it('services that verify stand beside it, and need no name', async () => {
    await expect(boot(unnamed(), verifying(), verifying())).resolves.toBeDefined();
  });
});

describe('two instances over the same tables', () => {
  const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const warnings = (): number =>
    warned.mock.calls.filter(([line]) => /same tables.*createAuthSchema/.test(String(line))).length;
  afterEach(() => void warned.mockClear());

  it.each([
    ['with a storage each', 0, () => [unnamed(), staff()]],
    ['with one storage', 1, () => sharing(memoryStorage())],
  ])('%s: %i warning', async (_how, count, imports) => {
    await boot(...imports());
    expect(warnings()).toBe(count);
  });

  function sharing(storage: AuthStorage): DynamicModule[] {
    return [AuthTestingModule.forRoot({ storage }), staff({ storage })];
  }

  it('a database that is away stops no boot, and a ledger that is broken is loud', async () => {
    const outcome = async (error: Error): Promise<unknown> => {
      const storage = () => {
        const made = memoryStorage();
        made.ledger.identity = () => Promise.reject(error);
        return made;
      };
      const imports = [
        AuthTestingModule.forRoot({ storage: storage() }),
        staff({ storage: storage() }),
      ];
      const app = await Test.createTestingModule({ imports }).compile();
      const instances = app.get(AuthInstances, { each: true, strict: false });
      return Promise.all(instances.map((each) => each.onModuleInit())).catch(
        (each: unknown) => each,
      );
    };
    expect(await outcome(AuthError.unavailable('away'))).toEqual([undefined, undefined]);
    const bug = new TypeError('broken');
    expect(await outcome(bug)).toBe(bug);
  });
});
