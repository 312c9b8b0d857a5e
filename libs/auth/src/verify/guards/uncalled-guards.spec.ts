import {
  applyDecorators,
  Controller,
  Get,
  Injectable,
  Scope,
  SetMetadata,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from '@jest/globals';
import { type AppParts, startApp } from '../http/http-app.fixture.js';
import { OptionalAuth, Public, Roles } from './decorators.js';
import { boot, host } from './held-routes.fixture.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { RolesGuard } from './roles.guard.js';

const GLOBALLY: AppParts = { providers: [{ provide: APP_GUARD, useExisting: JwtAuthGuard }] };
const LOST = 'has its guard on a function that is not called';
const IDLE = 'has a guard of Tokenward, and Nest runs no guard there';
const UNASKED = 'asks for @Roles, and Nest runs no guard there';

/** Takes the place of the method and keeps no metadata, as caches, retries and transactions do. */
function wrapped(_target: object, _name: string, descriptor: PropertyDescriptor): void {
  const call = descriptor.value as () => string;
  descriptor.value = function (this: unknown): string {
    return call.call(this);
  };
}

type Replace = (call: () => string, self: object) => () => string;
const REPLACED: [string, Replace][] = [
  ['bound', (call, self) => call.bind(self)],
  ['wrapped by an arrow', (call, self) => () => call.call(self)],
];

/** A class whose constructor puts another function in the place of its only method. */
function replacing(replace: Replace, scope: Scope, ...said: readonly MethodDecorator[]): Type {
  @Controller({ path: 'held', scope })
  class Replacing {
    constructor() {
      const { list } = this;
      this.list = replace(list, this);
    }

    @applyDecorators(...said)
    list(): string {
      return 'in';
    }
  }
  return Replacing;
}

async function statuses(routeClass: Type, parts = GLOBALLY, path = '/held'): Promise<number[]> {
  const host = await startApp('express', { ...parts, controllers: [routeClass] });
  const seen: number[] = [];
  for (const token of [undefined, 'good', 'admin']) {
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    seen.push((await host.call('GET', path, { headers })).status);
  }
  await host.app.close();
  return seen;
}

describe.each(REPLACED)('a method that the constructor has %s', (_name, replace) => {
  it.each<[string, MethodDecorator[], number[]]>([
    ['asks for its role', [Get(), Roles('admin')], [401, 403, 200]],
    ['asks for it behind RolesGuard', [Get(), Roles('admin')], [401, 403, 200]],
    ['is public', [Get(), Public()], [200, 200, 200]],
    ['takes nobody', [Get(), OptionalAuth()], [200, 200, 200]],
    ['asks for a token', [Get()], [401, 200, 200]],
  ])('still %s', async (which, said, expected) => {
    const routeClass = replacing(replace, Scope.DEFAULT, ...said);
    if (which.includes('RolesGuard')) UseGuards(RolesGuard)(routeClass);
    expect(await statuses(routeClass)).toEqual(expected);
  });

  it.each<[string, MethodDecorator]>([
    ['JwtAuthGuard', UseGuards(JwtAuthGuard)],
    ['RolesGuard', applyDecorators(UseGuards(RolesGuard), Roles('admin'))],
  ])('and whose guard is that of %s stops the boot', async (_guard, said) => {
    const message = await boot(replacing(replace, Scope.DEFAULT, Get(), said));
    expect(message).toContain(`Replacing.list: ${LOST}`);
    expect(message).not.toContain('\n');
  });

  it('boots where the class has the guard, too', async () => {
    const routeClass = replacing(replace, Scope.DEFAULT, Get(), UseGuards(JwtAuthGuard));
    UseGuards(JwtAuthGuard)(routeClass);
    expect(await statuses(routeClass, {})).toEqual([401, 200, 200]);
  });

  // a hybrid application may run no global guard, and Nest reads the guards of the function before all instances are
  // there
  it('stops the boot as a remote call with a requirement that a global guard alone may hold', async () => {
    const remote = [MessagePattern('held') as MethodDecorator, Roles('admin')];
    const routeClass = replacing(replace, Scope.DEFAULT, ...remote);
    expect(await boot(routeClass, GLOBALLY)).toContain('Replacing.list: asks for @Roles');
    UseGuards(JwtAuthGuard)(routeClass);
    expect(await boot(routeClass, {})).toBe('boots');
  });
});

describe('a method of a class in request scope', () => {
  it('is known by its name after bind', async () => {
    const bound = (...said: MethodDecorator[]): Type =>
      replacing((call, self) => call.bind(self), Scope.REQUEST, Get(), ...said);
    expect(await statuses(bound(Roles('admin')))).toEqual([401, 403, 200]);
    // a name alone opens nothing
    expect(await statuses(bound(Public()))).toEqual([401, 200, 200]);
  });

  it('is answered to nobody where its function has no name, and something was asked of its caller', async () => {
    const arrow = (...said: MethodDecorator[]): Type =>
      replacing((call, self) => () => call.call(self), Scope.REQUEST, Get(), ...said);
    expect(await statuses(arrow(Roles('admin')))).toEqual([500, 500, 500]);
    expect(await statuses(arrow())).toEqual([401, 200, 200]);
  });
});

describe('a guard below a decorator that replaces the method', () => {
  class Wrapped {
    @Get()
    @wrapped
    @UseGuards(JwtAuthGuard)
    @Roles('admin')
    list(): string {
      return 'in';
    }
  }

  it('stops the boot if a requirement went with it', async () => {
    @Controller('held')
    class Open extends Wrapped {}
    expect(await boot(Open)).toContain(`Open.list: ${LOST}`);
  });

  it('is not missed if the class has it', async () => {
    @Controller('held')
    @UseGuards(JwtAuthGuard)
    class Held extends Wrapped {}
    expect(await statuses(Held, {})).toEqual([401, 403, 200]);
  });
});

it('a guard is not missed where the function in its place has the metadata', async () => {
  /** As decorators do that know Nest. */
  function traced(target: object, name: string, descriptor: PropertyDescriptor): void {
    const { value } = descriptor as { value: object };
    wrapped(target, name, descriptor);
    for (const key of Reflect.getMetadataKeys(value) as string[])
      Reflect.defineMetadata(key, Reflect.getMetadata(key, value), descriptor.value as object);
  }
  @Controller('held')
  class Traced {
    @traced
    @Get()
    @UseGuards(RolesGuard)
    @Roles('admin')
    list(): string {
      return 'in';
    }
  }
  expect(await boot(Traced)).toBe('boots');
});

describe('a requirement where Nest runs no guard', () => {
  class Events {
    handleConnection(): string {
      return 'in';
    }
  }

  it.each<[string, ClassDecorator, MethodDecorator[]]>([
    ['a method of a service', Injectable(), []],
    ['a listener', Injectable(), [SetMetadata('EVENT_LISTENER_METADATA', [{ event: 'x' }])]],
    ['a scheduled job', Injectable(), [SetMetadata('SCHEDULER_TYPE', 1)]],
    ['a worker', Injectable(), [SetMetadata('bull:module_queue_process', {})]],
    ['a tool of a language model', Injectable(), [SetMetadata('mcp:tool', { name: 'x' })]],
    ['a consumer of SQS', Injectable(), [SetMetadata(Symbol('SQS_CONSUMER_METHOD') as never, {})]],
    ['a procedure of tRPC', Injectable(), [SetMetadata(Symbol('trpc:procedure_type') as never, 1)]],
    ['an activity', Injectable(), [SetMetadata('_temporal_module_activity', {})]],
    ['a command', SetMetadata('__commandHandler__', {}), []],
  ])('on %s stops the boot, also under a global guard', async (_name, of, further) => {
    const [first = Roles('admin'), ...more] = [...further, Roles('admin')];
    const message = await boot(host(of, first, ...more), GLOBALLY);
    expect(message).toContain(`Host.handle: ${UNASKED}`);
    expect(message).not.toContain('\n');
  });

  it('on a class without a route stops the boot, which names the class', async () => {
    const service = host(Injectable(), SetMetadata('design:type', Function));
    Roles('admin')(service);
    expect(await boot(service, GLOBALLY)).toContain(`Host: ${UNASKED}`);
  });

  it('on the connection of a gateway, or on a gateway without messages, stops the boot', async () => {
    const onMethod = class extends Events {};
    Object.defineProperty(onMethod, 'name', { value: 'OnMethod' });
    const descriptor = { value: () => 'in', configurable: true, writable: true };
    Roles('admin')(onMethod.prototype, 'handleConnection', descriptor);
    Object.defineProperty(onMethod.prototype, 'handleConnection', descriptor);
    WebSocketGateway({ path: '/held' })(onMethod);
    expect(await boot(onMethod, GLOBALLY)).toContain(`OnMethod.handleConnection: ${UNASKED}`);

    @Roles('admin')
    @WebSocketGateway({ path: '/held' })
    @UseGuards(JwtAuthGuard)
    class Silent extends Events {}
    expect(await boot(Silent)).toContain(`Silent: ${UNASKED}`);
  });

  // Nest passes over it in silence, and everybody is served
  it.each<[string, ClassDecorator, MethodDecorator[]]>([
    ['a method of a service', Injectable(), []],
    ['a procedure of tRPC', Injectable(), [SetMetadata(Symbol('trpc:procedure_type') as never, 1)]],
    ['a command', SetMetadata('__commandHandler__', {}), []],
    ['a gateway that takes no message', WebSocketGateway({ path: '/held' }), []],
  ])('or a guard of ours alone, on %s', async (_name, of, further) => {
    const [first = UseGuards(), ...more] = [...further, UseGuards(JwtAuthGuard)];
    expect(await boot(host(of, first, ...more))).toContain(`Host.handle: ${IDLE}`);
  });

  it('or a guard of ours on a class without a route, which is named', async () => {
    const command = host(Injectable(), SetMetadata('design:type', Function));
    UseGuards(JwtAuthGuard)(command);
    SetMetadata('__commandHandler__', {})(command);
    expect(await boot(command)).toContain(`Host: ${IDLE}`);
  });

  it('but not on a gateway without messages, whose sockets LiveSockets signs in', async () => {
    @WebSocketGateway({ path: '/held' })
    @UseGuards(JwtAuthGuard)
    class Telling extends Events {}
    expect(await boot(Telling)).toBe('boots');
  });

  it('on a gateway with messages is held for them', async () => {
    @Roles('admin')
    @WebSocketGateway({ path: '/held' })
    @UseGuards(JwtAuthGuard)
    class Speaking extends Events {
      @SubscribeMessage('held')
      held(): string {
        return 'in';
      }
    }
    expect(await boot(Speaking)).toBe('boots');
  });

  /** As @ts-rest/nest does with a handler of several routes. */
  function routesOf(target: object, name: string, { value }: PropertyDescriptor): void {
    const call = value as () => string;
    for (const path of ['first', 'second']) {
      const route = `${name}_${path}`;
      const descriptor = { value: () => call(), configurable: true, writable: true };
      Object.defineProperty(target, route, descriptor);
      for (const key of Reflect.getMetadataKeys(call))
        Reflect.defineMetadata(key, Reflect.getMetadata(key, call), descriptor.value);
      Get(path)(target, route, descriptor);
    }
  }

  it('on a method that a decorator made routes of is held by those', async () => {
    @Controller('held')
    class Below {
      @routesOf
      @UseGuards(JwtAuthGuard)
      @Roles('admin')
      list(): string {
        return 'in';
      }
    }
    expect(await statuses(Below, {}, '/held/second')).toEqual([401, 403, 200]);
  });

  it('and stops the boot where the routes were made without it', async () => {
    @Controller('held')
    class Above {
      @Roles('admin')
      @routesOf
      @UseGuards(JwtAuthGuard)
      list(): string {
        return 'in';
      }
    }
    expect(await boot(Above, GLOBALLY)).toContain(`Above.list: ${UNASKED}`);
  });

  it('on a method that another package calls is left to its guards', async () => {
    const queue = SetMetadata('queue', 'mails') as MethodDecorator;
    expect(await boot(host(Injectable(), queue, Roles('admin')), GLOBALLY)).toBe('boots');
  });
});

describe('a method that a package calls which Tokenward does not know', () => {
  const called = SetMetadata('some-package:listens', {}) as MethodDecorator;
  async function warnings(...said: MethodDecorator[]): Promise<string[]> {
    const lines: string[] = [];
    const warn = (line: unknown): void => void lines.push(String(line));
    const quiet = (): void => undefined;
    const logger = { log: quiet, error: quiet, warn };
    expect(await boot(host(Injectable(), called, ...said), { ...GLOBALLY, logger })).toBe('boots');
    return lines.filter((line) => line.startsWith('Host.handle'));
  }

  it.each<[string, MethodDecorator]>([
    ['a requirement', Roles('admin')],
    ['a guard of ours', UseGuards(JwtAuthGuard)],
  ])('and that has %s: the boot says that guards may not run there', async (_name, said) => {
    expect(await warnings(said)).toEqual([expect.stringContaining('does not know')]);
  });

  it.each<[string, MethodDecorator[]]>([
    ['nothing of ours', []],
    ['@Public()', [Public()]],
  ])('and that has %s: the boot says nothing', async (_name, said) => {
    expect(await warnings(...said)).toEqual([]);
  });
});
