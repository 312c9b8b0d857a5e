import { Injectable, Module, Scope } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthModule, type AuthModuleOptions, type AuthOptionsFactory } from '@tokenward/nestjs';
import { hostDatabase, type HostDatabase, hostOptions, startHost } from './support/host-app.js';

describe('AuthModule', () => {
  let database: HostDatabase;
  let options: AuthModuleOptions;
  beforeAll(async () => {
    database = await hostDatabase();
    options = hostOptions(database);
  });
  afterAll(() => database.drop());

  it.each<[string, Partial<AuthModuleOptions>, RegExp]>([
    ['an access token of more than an hour', { accessToken: { ttl: '61m' } }, /accessToken\.ttl/],
    [
      // T-kkkr
      'a clock tolerance of more than 300 s',
      { accessToken: { clockTolerance: '301s' } },
      /accessToken\.clockTolerance/,
    ],
    [
      'a leeway of more than 60 s',
      { refreshToken: { reuseLeeway: '61s' } },
      /refreshToken\.reuseLeeway/,
    ],
    [
      'a short pepper',
      { refreshToken: { secrets: ['a:c2hvcnQ'] } },
      /refreshToken\.secrets\[0\].*32 bytes/,
    ],
    [
      '__Host- with a domain',
      { cookies: { prefix: '__Host-', domain: 'example.com' } },
      /cookies\.domain/,
    ],
    [
      'a prefix without Secure',
      { cookies: { prefix: '__Secure-', secure: false } },
      /cookies\.prefix/,
    ],
    [
      'SameSite=None without Secure',
      { cookies: { sameSite: 'none', secure: false } },
      /cookies\.sameSite/,
    ],
    ['any origin trusted', { origins: { trustedOrigins: ['*'] } }, /origins\.trustedOrigins/],
    [
      'an origin with a path',
      { origins: { trustedOrigins: ['https://a.example/app'] } },
      /origins\.trustedOrigins/,
    ],
    ['no issuer', { issuer: '' }, /issuer/],
    ['no audience', { audience: [] }, /audience/],
    [
      'an HMAC secret shorter than its hash',
      { keys: { algorithm: 'HS512', secret: Buffer.alloc(63, 7) } },
      /keys\.secret/,
    ],
    ['no storage', { storage: undefined as never }, /storage/],
  ])(
    'refuses to start with %s, in one line that names the option',
    async (_name, changes, problem) => {
      const bad = { ...options, ...changes };
      @Module({ imports: [AuthModule.forRoot(bad)] })
      class Host {}
      const error = await startHost(Host).then(
        async (app) => (await app.close(), new Error('it started')),
        (each: unknown) => each as Error,
      );
      expect(error.message).toMatch(problem);
      expect(error.message).not.toContain('\n');
    },
  );

  // each request would have keys and a view of revocations of its own, and no route would be looked at
  // T-v9dr
  it.each(['useFactory', 'useExisting', 'a service that verifies'])(
    'refuses to start with options of request scope, given by %s',
    async (way) => {
      @Injectable({ scope: Scope.REQUEST })
      class OfTheRequest implements AuthOptionsFactory {
        createAuthOptions(): AuthModuleOptions {
          return options;
        }
      }
      @Module({ providers: [OfTheRequest], exports: [OfTheRequest] })
      class Settings {}
      const imports = [Settings];
      const made = (of: OfTheRequest) => of.createAuthOptions();
      const jwks = { url: 'https://host.example/.well-known/jwks.json' };
      const verifying = () => ({ issuer: 'https://host.example', audience: 'host', jwks });
      const auth =
        way === 'useExisting'
          ? AuthModule.forRootAsync({ imports, useExisting: OfTheRequest })
          : way === 'useFactory'
            ? AuthModule.forRootAsync({ imports, inject: [OfTheRequest], useFactory: made })
            : AuthModule.forResourceServerAsync({
                imports,
                inject: [OfTheRequest],
                useFactory: verifying,
              });
      @Module({ imports: [auth] })
      class Host {}
      const starting = startHost(Host).then(() => 'started');
      await expect(starting).rejects.toThrow(/options: are made once.*request scope/);
    },
  );
});
