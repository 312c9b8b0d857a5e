import { connect } from 'node:net';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { withDeadline } from './deadline.js';

/** Answers from another thread after 20 ms, even while this thread is blocked. */
const ANSWERING = `const { createServer } = require('node:net');
const server = createServer((socket) => socket.on('data', () => setTimeout(() => socket.write('x'), 20)));
server.listen(0, '127.0.0.1', () => require('node:worker_threads').parentPort.postMessage(server.address().port));`;

describe('a deadline', () => {
  it('rejects with `unavailable` and names the operation', async () => {
    const never = new Promise<never>(() => undefined);
    await expect(withDeadline(never, 10, 'the question')).rejects.toMatchObject({
      code: 'unavailable',
    });
    await expect(withDeadline(never, 10, 'the question')).rejects.toMatchObject({
      detail: expect.stringContaining('the question'),
    });
  });

  it('accepts an answer that arrived in time, although this process was blocked past the deadline', async () => {
    const server = new Worker(ANSWERING, { eval: true });
    const [port] = (await once(server, 'message')) as [number];
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const answer = once(socket, 'data').then(() => 'answered');
    socket.write('?');
    const waiting = withDeadline(answer, 100, 'the question');
    await new Promise(setImmediate);
    for (const from = performance.now(); performance.now() - from < 300;);
    expect(await waiting).toBe('answered');
    socket.destroy();
    await server.terminate();
  });
});
