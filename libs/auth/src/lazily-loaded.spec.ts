import { type DynamicModule, Module } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { AuthModule } from './auth.module.js';
import { AuthTestingModule } from './testing/auth-testing.module.js';

const running: TestingModule[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.close();
});

async function boot(...imports: DynamicModule[]): Promise<TestingModule> {
  const app = await Test.createTestingModule({ imports }).compile();
  running.push(app);
  return app.init();
}

const verifying = (): DynamicModule =>
  AuthModule.forResourceServer({
    issuer: 'https://other.example',
    audience: 'a',
    jwks: { url: 'https://other.example/keys' },
  });

describe('a module that is loaded by LazyModuleLoader', () => {
  it.each<[string, () => DynamicModule]>([
    ['AuthModule', () => AuthTestingModule.forRoot({ isGlobal: false })],
    ['AuthModule, global', () => AuthTestingModule.forRoot()],
    ['AuthModule in a module of the host', () => inFeature(AuthTestingModule.forRoot())],
    ['a resource server', verifying],
  ])('is refused in one line: %s', async (_, make) => {
    const loader = (await boot()).get(LazyModuleLoader);
    const error = await loader
      .load(() => make())
      .then(
        () => 'loaded',
        (each: unknown) => each,
      );
    expect(error).toMatchObject({
      reason: 'configuration_invalid',
      detail: expect.stringMatching(
        /^AuthModule: is loaded by LazyModuleLoader, [^\n]*; import it /,
      ),
    });
  });

  it('may use the AuthModule of the application', async () => {
    const auth = AuthTestingModule.forRoot({ isGlobal: false });
    const loader = (await boot(auth)).get(LazyModuleLoader);
    await expect(loader.load(() => inFeature(auth))).resolves.toBeDefined();
  });
});

function inFeature(auth: DynamicModule): DynamicModule {
  @Module({})
  class Feature {}
  return { module: Feature, imports: [auth] };
}
