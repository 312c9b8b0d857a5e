import type { IncomingMessage } from 'node:http';
import { type INestApplication, UseFilters } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { followIo } from '@tokenward/client/sockets';
import { AuthErrorFilter } from '@tokenward/nestjs';
import { allowRequest, closeSocketIo, closeWebSocket, verifyClient } from '@tokenward/nestjs/ws';
import { calculateThumbprint } from 'dpop';
import type { Server, ServerOptions, Socket as ServerSocket } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import {
  caller,
  type ContextHost,
  Gateway,
  startContext,
  UNAUTHENTICATED,
  FORBIDDEN,
} from './support/contexts.js';
import { dpopClient } from './support/dpop-client.js';
import { hostDatabase, type HostDatabase } from './support/host-app.js';
import { openSocket, type TestSocket } from './support/sockets.js';
import { bearer } from './support/stage.js';

@WebSocketGateway({ path: '/events' })
class WsGateway extends Gateway {
  handleConnection(client: WebSocket, handshake: IncomingMessage) {
    return this.open(client, handshake, closeWebSocket(client));
  }
}

/** The filter changes nothing: a guard's refusal reads right by itself. */
@WebSocketGateway()
@UseFilters(AuthErrorFilter)
class SocketIoGateway extends Gateway {
  async handleConnection(client: ServerSocket) {
    const standing = await this.open(client, client.request, closeSocketIo(client));
    const { token, proof } = client.handshake.auth;
    if (standing === 'waiting' && token !== undefined)
      await this.sockets.present(client, token, proof);
  }
}

class PlainAdapter extends WsAdapter {
  constructor(private readonly host: INestApplication) {
    // the event's name in `type`, as the helper of these tests reads it
    super(host, { messageParser: (data) => parsed(String(data)) });
  }

  override create(port: number, options: Record<string, unknown> = {}): unknown {
    return super.create(port, { ...options, verifyClient: verifyClient(this.host) });
  }
}

class SocketIoAdapter extends IoAdapter {
  constructor(private readonly host: INestApplication) {
    super(host);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const judged = { ...options, allowRequest: allowRequest(this.host) } as ServerOptions;
    return super.createIOServer(port, judged);
  }
}

function parsed(text: string): { event: string; data: unknown } {
  const message = JSON.parse(text) as { type: string };
  return { event: message.type, data: message };
}

const NOBODY = { email: 'nobody@example.com', password: 'a long enough passphrase' };
const UNBOUND = {
  statusCode: 403,
  error: 'Forbidden',
  message: 'Bound session required',
  code: 'device_required',
};

/** Somebody whose session is bound to a key, and what goes into a first message. */
async function bound(host: ContextHost) {
  const client = await dpopClient();
  // learns the nonce of the process
  await client.call('POST', `${host.url}/auth/login`, { json: NOBODY });
  const key = await calculateThumbprint(client.keys.publicKey);
  const me = await caller(database, host, 'member', key);
  const credentials = async (path: string) => ({
    token: me.token,
    proof: await client.proofFor('GET', host.url.replace('http', 'ws') + path, me.token),
  });
  return { me, owner: { credentials } };
}

let database: HostDatabase;
beforeAll(async () => {
  database = await hostDatabase();
}, 60_000);
afterAll(() => database.drop());

describe('a gateway on ws', () => {
  let host: ContextHost;
  beforeAll(async () => {
    host = await startContext(database, {
      providers: [WsGateway],
      options: { dpop: 'offer' },
      prepare: (app) => app.useWebSocketAdapter(new PlainAdapter(app)),
    });
  }, 60_000);
  afterAll(() => host.close());

  /** Nest's own adapter answers `{ event, data }`. */
  const answer = async (socket: TestSocket, message: object): Promise<unknown> => {
    const before = socket.messages.length;
    socket.send(message);
    while (socket.messages.length === before)
      await new Promise((resolve) => setTimeout(resolve, 5));
    return socket.messages.at(-1);
  };

  // T-qs4b
  it('runs the guards for each message and knows the caller', async () => {
    const me = await caller(database, host);
    const socket = await openSocket(host.url, { cookie: `access_token=${me.token}` });
    expect(await answer(socket, { type: 'me' })).toEqual({
      event: 'me',
      data: { id: me.id, same: true, sessionId: me.sessionId },
    });
    expect(await answer(socket, { type: 'admin' })).toEqual({
      event: 'exception',
      data: FORBIDDEN,
    });
    await host.auth.revokeSession(me.sessionId);
    expect(await socket.closed).toEqual({ code: 4401, reason: 'revoked' });
  });

  it('refuses messages before the first token, and accepts the token', async () => {
    const keeper = await caller(database, host, 'keeper');
    const socket = await openSocket(host.url);
    expect(await answer(socket, { type: 'me' })).toEqual({
      event: 'exception',
      data: UNAUTHENTICATED,
    });
    expect(await answer(socket, { type: 'auth', token: keeper.token })).toMatchObject({
      data: 'authenticated',
    });
    expect(await answer(socket, { type: 'admin' })).toEqual({ event: 'admin', data: 'admin' });
    await socket.close();
  });

  it('checks that the session is bound, and accepts its token only with a proof', async () => {
    const { owner, me } = await bound(host);
    const socket = await openSocket(host.url);
    expect(
      await answer(socket, { type: 'auth', ...(await owner.credentials('/events')) }),
    ).toMatchObject({
      data: 'authenticated',
    });
    expect(await answer(socket, { type: 'bound' })).toEqual({ event: 'bound', data: 'dpop' });
    const bare = await openSocket(host.url);
    bare.send({ type: 'auth', token: me.token });
    expect((await bare.closed).code).toBe(4401);
    const unbound = await openSocket(
      host.url,
      bearer((await caller(database, host)).token).headers,
    );
    expect(await answer(unbound, { type: 'bound' })).toEqual({ event: 'exception', data: UNBOUND });
    await Promise.all([socket.close(), unbound.close()]);
  });

  it('answers a handshake with a cookie from a foreign page with 403', async () => {
    const { token } = await caller(database, host);
    const headers = { cookie: `access_token=${token}`, origin: 'https://evil.example' };
    await expect(openSocket(host.url, headers)).rejects.toThrow('403');
  });
});

describe.each(['websocket', 'polling'])('a gateway on socket.io, by %s', (transport) => {
  let host: ContextHost;
  beforeAll(async () => {
    host = await startContext(database, {
      providers: [SocketIoGateway],
      options: { dpop: 'offer' },
      prepare: (app) => app.useWebSocketAdapter(new SocketIoAdapter(app)),
    });
  }, 60_000);
  afterAll(() => host.close());

  const connect = (extraHeaders: Record<string, string> = {}, auth: object = {}): Socket =>
    io(host.url, { transports: [transport], forceNew: true, extraHeaders, auth });
  const once = <T>(socket: Socket, event: string) =>
    new Promise<T>((resolve) => socket.once(event, (body: T) => resolve(body)));
  const answer = <T>(
    socket: Socket,
    message: string,
    event: string,
    data: object = {},
  ): Promise<T> => {
    const coming = once<T>(socket, event);
    socket.emit(message, data);
    return coming;
  };

  // T-4h7m
  it('accepts the cookie of the handshake, and sends the reason when it is ended by a revocation', async () => {
    const me = await caller(database, host);
    const socket = connect({ cookie: `access_token=${me.token}` });
    expect(await answer(socket, 'me', 'me')).toEqual({
      id: me.id,
      same: true,
      sessionId: me.sessionId,
    });
    expect(await answer(socket, 'admin', 'exception')).toEqual(FORBIDDEN);

    const told = once(socket, 'tokenward:ended');
    const gone = once(socket, 'disconnect');
    await host.auth.revokeSession(me.sessionId);
    expect(await told).toEqual({ code: 4401, reason: 'revoked' });
    expect(await gone).toBe('io server disconnect');
    // it does not come back by itself
    expect(socket.active).toBe(false);
  });

  // T-gdzh
  it('accepts the token of the handshake’s auth, and a fresh one without reconnecting', async () => {
    const me = await caller(database, host, 'keeper');
    const socket = connect({}, { token: me.token });
    expect(await answer(socket, 'admin', 'admin')).toBe('admin');
    const { grant } = await host.auth.openSession(me.id, {
      transport: 'bearer',
      secondFactor: 'satisfied',
    });
    expect(await answer(socket, 'auth', 'standing', { token: grant.accessToken })).toBe(
      'authenticated',
    );
    await host.auth.revokeSession(me.sessionId);
    expect(await answer(socket, 'me', 'me')).toMatchObject({ sessionId: grant.sessionId });
    socket.disconnect();
  });

  it('is followed by the client: back after an end by the server, gone after a sign-out', async () => {
    const listeners = new Map<string, (event: never) => void>();
    const client: Parameters<typeof followIo>[0] = {
      on(name, listener) {
        listeners.set(name, listener);
        return () => listeners.delete(name);
      },
      refresh: () => Promise.resolve('refreshed'),
    };
    const me = await caller(database, host);
    const next = await caller(database, host);
    const auth = { token: me.token };
    const socket = connect({}, auth);
    // a page may declare the events that it expects
    const stop = followIo(client, socket as Socket<{ standing: (state: string) => void }>);
    await once(socket, 'connect');
    auth.token = next.token;
    const back = once(socket, 'connect');
    await host.auth.revokeSession(me.sessionId);
    await back;

    let connections = 0;
    socket.on('connect', () => (connections += 1));
    listeners.get('signedOut')?.(undefined as never);
    expect(socket.connected).toBe(false);
    // longer than the second wait
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(connections).toBe(0);
    listeners.get('signedIn')?.(undefined as never);
    await once(socket, 'connect');
    stop();
    socket.disconnect();
  });

  it('checks that the session is bound, and accepts token and proof of the handshake’s auth', async () => {
    const { owner, me } = await bound(host);
    const socket = connect({}, await owner.credentials('/socket.io/'));
    expect(await answer(socket, 'bound', 'bound')).toBe('dpop');
    socket.disconnect();
    const bare = connect({}, { token: me.token });
    expect(await once(bare, 'tokenward:ended')).toMatchObject({ code: 4401 });
  });

  it('refuses messages before a token, and ends the socket for a bad token', async () => {
    const socket = connect();
    expect(await answer(socket, 'me', 'exception')).toEqual(UNAUTHENTICATED);
    const told = once(socket, 'tokenward:ended');
    socket.emit('auth', { token: 'junk' });
    expect(await told).toEqual({ code: 4401, reason: 'refused' });
  });

  it('never accepts the token of another user', async () => {
    const [mine, theirs] = [await caller(database, host), await caller(database, host)];
    const socket = connect(bearer(mine.token).headers);
    await answer(socket, 'me', 'me');
    const told = once(socket, 'tokenward:ended');
    socket.emit('auth', { token: theirs.token });
    expect(await told).toEqual({ code: 4401, reason: 'refused' });
  });

  it('refuses a handshake with a cookie from a foreign page', async () => {
    const { token } = await caller(database, host);
    const socket = connect({ cookie: `access_token=${token}`, origin: 'https://evil.example' });
    await once(socket, 'connect_error');
    expect(socket.connected).toBe(false);
    socket.disconnect();
  });
});
