import { Controller, type INestApplication, UseGuards } from '@nestjs/common';
import { type CustomTransportStrategy, MessagePattern, Server } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import { isObservable, lastValueFrom } from 'rxjs';
import { startApp } from '../http/http-app.fixture.js';
import { CurrentUser, Roles } from './decorators.js';
import { globally } from './held-routes.fixture.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';

/** A transport of the host, which passes what it likes as the context of a message. */
class HostTransport extends Server implements CustomTransportStrategy {
  listen(ready: () => void): void {
    ready();
  }

  close(): void {
    // nothing is open
  }

  on(): void {
    // it has no events
  }

  unwrap(): never {
    throw new Error('there is no server to unwrap');
  }

  async call(pattern: string, ...given: unknown[]): Promise<unknown> {
    const handle = this.messageHandlers.get(pattern) as (...args: unknown[]) => Promise<unknown>;
    const answer = await handle(...given);
    return isObservable(answer) ? lastValueFrom(answer).catch((error: unknown) => error) : answer;
  }
}

@Controller()
class RemoteThings {
  @UseGuards(JwtAuthGuard)
  @MessagePattern('me')
  me(@CurrentUser('id') id: string): string {
    return id;
  }

  @UseGuards(JwtAuthGuard)
  @Roles('admin')
  @MessagePattern('tool')
  tool(): string {
    return 'in';
  }

  /** A hybrid application without `inheritAppConfig` runs no global guard here. */
  @Roles('admin')
  @MessagePattern('admin')
  admin(): string {
    return 'in';
  }
}

const AS_USER = { authorization: 'Bearer good' };
const AS_ADMIN = { authorization: 'Bearer admin' };
const REFUSED = expect.objectContaining({ message: 'Authentication failed' });

async function calling(work: (transport: HostTransport) => Promise<void>): Promise<void> {
  const strategy = new HostTransport();
  let starting: Promise<unknown> | undefined;
  const { app } = await startApp('express', {
    controllers: [RemoteThings],
    providers: globally({ useExisting: JwtAuthGuard }),
    prepare: (each: INestApplication) => {
      each.connectMicroservice({ strategy });
      starting = each.startAllMicroservices();
    },
  });
  await starting;
  await work(strategy).finally(() => app.close());
}

describe('a transport of the host', () => {
  it('that has one context for all messages of a connection confuses no callers', () =>
    calling(async (transport) => {
      const connection = {};
      const calls = [AS_USER, AS_ADMIN, {}].map((data) => transport.call('me', data, connection));
      expect(await Promise.all(calls)).toEqual(['u1', 'u2', REFUSED]);
    }));

  it('lets nobody into a handler without a guard because an earlier message had a caller', () =>
    calling(async (transport) => {
      const connection = {};
      expect(await transport.call('me', AS_USER, connection)).toBe('u1');
      expect(await transport.call('admin', AS_USER, connection)).toEqual(REFUSED);
    }));

  it('lets nobody in because another handler of the same message has a guard', () =>
    calling(async (transport) => {
      const [data, context] = [{ ...AS_USER }, {}];
      expect(await transport.call('me', data, context)).toBe('u1');
      expect(await transport.call('admin', data, context)).toEqual(REFUSED);
    }));

  it.each([
    ['no context', undefined],
    ['the name of a channel', 'things'],
    ['a frozen object', Object.freeze({})],
  ])('that passes %s knows the caller by the payload', (_, context) =>
    calling(async (transport) => {
      expect(await transport.call('me', AS_USER, context)).toBe('u1');
      expect(await transport.call('me', {}, context)).toEqual(REFUSED);
    }),
  );
});

// the shape of @rekog/mcp-nest 2
describe('a tool of a language model (MCP)', () => {
  const over = (headers: object) => ({ getRawRequest: () => ({ method: 'POST', headers }) });
  const FORBIDDEN = expect.objectContaining({ message: 'Access denied' });

  it.each<[string, object | undefined, unknown]>([
    ['the token of its HTTP request', over({ authorization: 'Bearer admin' }), 'in'],
    ['the cookie of its HTTP request', over({ cookie: 'access_token=admin' }), 'in'],
    ['a token of another role', over({ authorization: 'Bearer good' }), FORBIDDEN],
    ['no token', over({}), REFUSED],
    ['no request, as over stdio', { getRawRequest: () => undefined }, REFUSED],
  ])('is called with %s', (_, context, expected) =>
    calling(async (transport) => {
      // the arguments are written by the model
      for (const data of [{}, AS_ADMIN])
        expect(await transport.call('tool', data, context)).toEqual(expected);
    }),
  );

  it('is refused to a page of another site, whose requests carry the cookie', () =>
    calling(async (transport) => {
      const foreign = { cookie: 'access_token=admin', 'sec-fetch-site': 'cross-site' };
      expect(await transport.call('tool', {}, over(foreign))).toEqual(
        expect.objectContaining({ message: 'Cross-origin request refused' }),
      );
    }));
});
