import { Controller, Get, Injectable, SetMetadata, type Type, UseGuards } from '@nestjs/common';
import { ResolveField, Resolver } from '@nestjs/graphql';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { Public, Roles } from './decorators.js';
import { edge } from '../http/http-app.fixture.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { TrustIssuers } from '../issuers/trust-issuers.decorator.js';
import { boot, globally, host } from './held-routes.fixture.js';

describe('the boot', () => {
  @Roles('admin')
  class Held {
    @Get()
    call(): string {
      return 'in';
    }
  }
  const child = (of: ClassDecorator): Type => {
    class Child extends Held {}
    of(Child);
    Controller('child')(Child);
    return Child;
  };

  it('stops for a class that inherits a requirement, and for one that makes it public', async () => {
    expect(await boot(child(() => undefined))).toContain('Child.call: asks for @Roles');
    expect(
      await boot(child(Public()), { providers: globally({ useExisting: JwtAuthGuard }) }),
    ).toContain('Child.call: is @Public() and asks for @Roles');
  });

  it.each<[string, MethodDecorator, string]>([
    [
      'names',
      TrustIssuers('https://sso.example'),
      'names the issuer https://sso.example in @TrustIssuers',
    ],
    [
      'is to choose',
      TrustIssuers(() => undefined),
      'chooses an issuer by a function in @TrustIssuers',
    ],
  ])('stops where a route %s an issuer that is not configured', async (_name, said, expected) => {
    expect(await boot(host(Controller('held'), Get(), said, UseGuards(JwtAuthGuard)))).toContain(
      `Host.handle: ${expected}`,
    );
  });

  it('stops for a method that no known transport calls', async () => {
    const message = await boot(
      host(Injectable(), SetMetadata('queue', 'mails') as MethodDecorator, Roles('admin')),
    );
    expect(message).toContain('Host.handle: asks for @Roles');
  });

  it.each<[string, object[], string]>([
    ['without GraphQLModule to say so', [], 'boots'],
    ['that run guards', [{ fieldResolverEnhancers: ['guards'] }], 'boots'],
    ['that run none', [{ fieldResolverEnhancers: ['filters'] }], 'fieldResolverEnhancers'],
    ['that nothing is said of', [{}], 'fieldResolverEnhancers'],
  ])('knows field resolvers %s', async (_name, options, expected) => {
    const providers = options.map((useValue) => ({ provide: 'GqlModuleOptions', useValue }));
    const field = ResolveField(() => String) as MethodDecorator;
    const held = host(Resolver('Thing'), field, Roles('admin'), UseGuards(JwtAuthGuard));
    expect(await boot(held, { providers })).toContain(expected);
  });

  it('names all of its reasons in one line', async () => {
    class Many {}
    for (const name of 'abcdefg') {
      const descriptor = { value: () => 'in', configurable: true, writable: true };
      Get(name)(Many.prototype, name, descriptor);
      Object.defineProperty(Many.prototype, name, descriptor);
    }
    Controller('many')(Many);
    Roles('admin')(Many);
    expect(await boot(Many)).toMatch(
      /Many.a, Many.b, Many.c, Many.d, Many.e and 2 more: asks for @Roles/,
    );
  });

  it('accepts that a test replaces the guard', async () => {
    const held = host(Controller('held'), Get(), Roles('admin'), UseGuards(JwtAuthGuard));
    const testing = Test.createTestingModule({ imports: [edge({})], controllers: [held] })
      .overrideGuard(JwtAuthGuard)
      .useValue({ canActivate: () => true });
    const app = (await testing.compile()).createNestApplication();
    await app.init();
    await app.close();
  });

  it('does not check routes in a context that serves none', async () => {
    const held = host(Controller('held'), Get(), Roles('admin'));
    const context = await Test.createTestingModule({
      imports: [edge({})],
      controllers: [held],
    }).compile();
    await context.init();
    await context.close();
  });
});
