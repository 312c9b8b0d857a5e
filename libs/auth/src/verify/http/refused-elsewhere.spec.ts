import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  type HttpException,
  UseGuards,
} from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { JwtAuthGuard } from '../guards/jwt-auth.guard.js';
import { startApp } from './http-app.fixture.js';

interface Reply {
  readonly raw: ServerResponse;
  code(status: number): Reply;
  send(body: Readable): void;
}

@Controller('things')
@UseGuards(JwtAuthGuard)
class Things {
  @Get()
  list() {
    return [];
  }
}

/** How filters of a host on Fastify answer without a text. */
const WAYS: readonly [string, (reply: Reply, status: number) => void][] = [
  ['as a stream', (reply, status) => reply.code(status).send(Readable.from(['refused']))],
  [
    'by the response of Node',
    ({ raw }, status) => {
      raw.statusCode = status;
      raw.end('refused');
    },
  ],
];

describe('a refusal that a filter of the host sends on Fastify', () => {
  let app: Awaited<ReturnType<typeof startApp>>;
  afterEach(() => app.app.close());

  it.each(WAYS)('%s: has its challenge, and no cache keeps it', async (_way, answer) => {
    @Catch()
    class OfHost implements ExceptionFilter {
      catch(error: HttpException, context: ArgumentsHost): void {
        answer(context.switchToHttp().getResponse<Reply>(), error.getStatus());
      }
    }
    app = await startApp('fastify', {
      controllers: [Things],
      prepare: (each) => void each.useGlobalFilters(new OfHost()),
    });
    const { status, headers } = await app.call('GET', '/things');
    expect([status, headers['cache-control'], headers['www-authenticate']]).toEqual([
      401,
      'no-store',
      'Bearer',
    ]);
  });
});
