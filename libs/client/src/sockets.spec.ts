import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { WebSocketServer, WebSocket as NodeSocket } from 'ws';
import { authEvents, authSocket, followIo, ioAuth, type ServerEvent } from './sockets.js';
import { credentials, fakeWorld } from './world.fixture.js';

const { world, open, signedIn } = fakeWorld();
const stops: (() => unknown)[] = [];
let http: Server;
let port: number;

beforeEach(async () => {
  http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  ({ port } = http.address() as AddressInfo);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) stop();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

describe('a socket', () => {
  let made: NodeSocket[];
  class Socket extends NodeSocket {
    constructor(...given: ConstructorParameters<typeof NodeSocket>) {
      super(...given);
      made.push(this);
    }
  }
  beforeEach(() => {
    made = [];
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  });
  const later = (isSo: () => boolean) =>
    until(() => {
      jest.advanceTimersByTime(5);
      return isSo();
    });

  /** The messages that the server received, and its end of each connection. */
  function listen() {
    const heard: string[] = [];
    const connections: NodeSocket[] = [];
    const server = new WebSocketServer({ server: http });
    server.on('connection', (socket) => {
      connections.push(socket);
      socket.on('message', (data) => heard.push(String(data as Buffer)));
      socket.on('error', () => undefined);
    });
    stops.push(() => server.close());
    return { heard, connections };
  }
  const follow = (client: ReturnType<typeof open>) => {
    const messages: unknown[] = [];
    const socket = authSocket(client, `ws://127.0.0.1:${port}`, {
      WebSocket: Socket,
      onMessage: ({ data }) => messages.push(data),
    });
    stops.push(() => socket.close());
    return { socket, messages };
  };
  const token = (value: string) => JSON.stringify({ type: 'auth', token: value });

  it('sends its token first, a new one after each refresh, and messages in both directions', async () => {
    const client = await signedIn({ transport: 'bearer' });
    const { heard, connections } = listen();
    const { socket, messages } = follow(client);
    expect(socket.send('too early')).toBe(false);
    await until(() => heard.length === 1);
    await client.refresh();
    await until(() => heard.length === 2);
    expect(heard).toEqual([token('access-1'), token('access-2')]);
    connections[0]?.send('hello');
    await until(() => messages.length === 1);
    expect(socket.send('hi')).toBe(true);
    await until(() => heard.includes('hi'));
  });

  it.each([
    [4401, 'access-2'],
    [4503, 'access-1'],
    [1012, 'access-1'],
  ])('that is closed with %i comes back with %s', async (code, value) => {
    const client = await signedIn({ transport: 'bearer' });
    const { heard, connections } = listen();
    follow(client);
    await until(() => heard.length === 1);
    connections[0]?.close(code);
    await later(() => connections.length === 2 && heard.length >= 2);
    expect(heard.at(-1)).toBe(token(value));
  });

  it('that lasts comes back as soon, however often it ended', async () => {
    const client = await signedIn({ transport: 'bearer' });
    const { connections } = listen();
    follow(client);
    for (let opened = 1; opened <= 4; opened++) {
      await until(() => connections.length === opened && made.at(-1)?.readyState === 1);
      await turn();
      jest.advanceTimersByTime(31_000);
      const gone = new Promise((resolve) => made.at(-1)?.once('close', resolve));
      connections.at(-1)?.close(1012);
      await gone;
      await turn();
      jest.advanceTimersByTime(500);
      expect(made).toHaveLength(opened + 1);
    }
  });

  it('waits for a server that is away', async () => {
    const client = await signedIn({ transport: 'bearer' });
    const away = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port: free } = server.address() as AddressInfo;
        server.close(() => resolve(free));
      });
    });
    const codes: number[] = [];
    const socket = authSocket(client, `ws://127.0.0.1:${away}`, {
      WebSocket: Socket,
      onMessage: () => undefined,
      onClose: ({ code }) => codes.push(code),
    });
    stops.push(() => socket.close());
    await later(() => codes.length === 3);
    expect(codes).toEqual([1006, 1006, 1006]);
  });

  // T-fv2x
  it('ends with a sign-out, and reconnects as the next user', async () => {
    const client = await signedIn({ transport: 'bearer' });
    const { heard, connections } = listen();
    follow(client);
    await until(() => heard.length === 1);
    await client.logout();
    await until(() => connections[0]?.readyState === NodeSocket.CLOSED);
    await client.login(credentials);
    await until(() => heard.length === 2);
    expect(connections).toHaveLength(2);
  });

  it('does not reconnect when the refresh is refused', async () => {
    const client = await signedIn({ transport: 'bearer' });
    const { heard, connections } = listen();
    follow(client);
    await until(() => heard.length === 1);
    world.server.endSession();
    connections[0]?.close(4401);
    await until(() => client.events.includes('signedOut: refused'));
    await turn();
    jest.advanceTimersByTime(60_000);
    expect(made).toHaveLength(1);
  });
});

describe('a socket of socket.io', () => {
  it('gets a fresh token, and reconnects after the server ended it', async () => {
    const client = await signedIn({ transport: 'bearer' });
    expect(await new Promise((give) => ioAuth(client)(give))).toEqual({ token: 'access-1' });

    const listeners = new Map<string, (...given: unknown[]) => void>();
    const calls: string[] = [];
    const stop = followIo(client, {
      active: false,
      connect: () => calls.push('connect'),
      disconnect() {
        calls.push('disconnect');
        emit('disconnect', 'io client disconnect');
      },
      on: (event, listener) => listeners.set(event, listener),
      off: (event: string) => listeners.delete(event),
    });
    const emit = (event: string, ...given: unknown[]) => listeners.get(event)?.(...given);
    emit('tokenward:ended', { code: 4401, reason: 'revoked' });
    emit('disconnect');
    await until(() => calls.includes('connect'));
    expect(world.server.count('/auth/refresh')).toBe(1);
    await client.logout();
    expect(calls).toEqual(['connect', 'disconnect']);
    stop();
    expect(listeners.size).toBe(0);
  });
});

describe('events of the server', () => {
  function serveEvents() {
    const streams: ServerResponse[] = [];
    const lastIds: unknown[] = [];
    http.on('request', (request, response) => {
      lastIds.push(request.headers['last-event-id']);
      if (request.headers.authorization === 'Bearer access-1' && streams.length > 0)
        return void response.writeHead(401).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\r\n\r\n');
      streams.push(response);
    });
    const client = open({
      transport: 'bearer',
      fetch: (input, init) => {
        const { pathname } = new URL(input instanceof Request ? input.url : String(input));
        return pathname === '/events'
          ? fetch(new Request(`http://127.0.0.1:${port}/events`, input as Request), init)
          : world.server.fetch(input, init);
      },
    });
    const events: ServerEvent[] = [];
    const start = () =>
      stops.push(authEvents(client, '/events', { onEvent: (event) => events.push(event) }));
    return { streams, lastIds, client, events, start };
  }

  it('are parsed like EventSource, across chunks, and resume after the last event with a fresh token', async () => {
    const { streams, lastIds, client, events, start } = serveEvents();
    await client.login(credentials);
    start();
    await until(() => streams.length === 1);
    streams[0]?.write('retry: 10\nid: 7\nevent: no');
    await new Promise((resolve) => setTimeout(resolve, 20));
    streams[0]?.write('te\ndata: one\r\ndata:two\n\nevent:\ndata: three\n\n: quiet\n\n');
    await until(() => events.length === 2);
    expect(events).toEqual([
      { type: 'note', data: 'one\ntwo', id: '7' },
      { type: 'message', data: 'three', id: '7' },
    ]);
    streams[0]?.end();
    await until(() => streams.length === 2);
    expect(world.server.count('/auth/refresh')).toBe(1);
    expect(lastIds).toEqual([undefined, '7', '7']);
  });

  it('are not stopped by a listener that throws, which is reported', async () => {
    const reported: unknown[] = [];
    const { reportError } = globalThis;
    globalThis.reportError = (error: unknown) => void reported.push(error);
    stops.push(() => (globalThis.reportError = reportError));
    const { streams, client } = serveEvents();
    await client.login(credentials);
    const heard: string[] = [];
    const onEvent = ({ data }: ServerEvent) => {
      heard.push(data);
      throw new Error(data);
    };
    stops.push(authEvents(client, '/events', { onEvent }));
    await until(() => streams.length === 1);
    streams[0]?.write('data: one\n\nevent:\ndata: two\n\n');
    await until(() => heard.length === 2);
    expect(reported).toEqual([new Error('one'), new Error('two')]);
    expect(streams).toHaveLength(1);
  });

  it('are not heard after their end, also those that came together with an earlier one', async () => {
    const { streams, client } = serveEvents();
    await client.login(credentials);
    const heard: string[] = [];
    const stop = authEvents(client, '/events', {
      onEvent: ({ data }) => {
        heard.push(data);
        stop();
      },
    });
    await until(() => streams.length === 1);
    streams[0]?.write('data: one\n\ndata: two\n\n');
    await until(() => heard.length > 0 && streams[0]?.destroyed === true);
    expect(heard).toEqual(['one']);
  });

  it('are over when the server answers 204', async () => {
    const client = await signedIn({ transport: 'bearer' });
    const asked: string[] = [];
    const api = {
      ...client,
      fetch: (url: string | URL | Request) => {
        asked.push(String(url));
        return Promise.resolve(new Response(null, { status: 204 }));
      },
    };
    const over = new Promise((resolve) =>
      stops.push(authEvents(api, '/events', { onEvent: () => undefined, onClose: resolve })),
    );
    expect(await over).toBe(204);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(asked).toHaveLength(1);
  });

  it('end with a sign-out', async () => {
    const { streams, client, start } = serveEvents();
    await client.login(credentials);
    start();
    await until(() => streams.length === 1);
    const closed = new Promise((resolve) => streams[0]?.on('close', resolve));
    await client.logout();
    await closed;
  });
});
