import { once } from 'node:events';
import { connect } from 'node:net';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { actAs, AuthTestingModule } from '../../testing/index.js';

let app: NestFastifyApplication;
let url: URL;
beforeAll(async () => {
  const imports = [AuthTestingModule.forRoot()];
  const testing = await Test.createTestingModule({ imports }).compile();
  app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await app.listen(0, '127.0.0.1');
  url = new URL(await app.getUrl());
});
afterAll(() => app.close());

/** The status of the answer to these lines, which are sent as they are. */
async function statusOf(...lines: readonly string[]): Promise<string | undefined> {
  const socket = connect(Number(url.port), url.hostname);
  socket.write([...lines, `Host: ${url.host}`, 'Connection: close', '', ''].join('\r\n'));
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  await once(socket, 'close');
  return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];
}

// as `inject`, @fastify/aws-lambda and HTTP/2 have them
it('a sign-out as JSON that announces no length has no body', async () => {
  const { cookie } = await actAs(app, { id: 'u1' });
  const me = () => statusOf('GET /auth/me HTTP/1.1', `Cookie: ${cookie}`);
  expect(await me()).toBe('200');
  const json = ['Content-Type: application/json', `Cookie: ${cookie}`];
  expect(await statusOf('POST /auth/logout HTTP/1.1', ...json)).toBe('204');
  expect(await me()).toBe('401');
});
