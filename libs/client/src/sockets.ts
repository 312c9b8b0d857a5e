import type { AuthClient } from '@tokenward/client';
import type { DpopClient } from './dpop.js';
import { reconnectWait } from './reconnect-wait.js';

export { authEvents, type EventsOptions, type ServerEvent } from './server-events.js';

/** The server's close code for a token that is not or no longer accepted. */
const REFUSED = 4401;

/** A client of `/dpop` proves its key as well. */
export type SocketClient = AuthClient & Partial<Pick<DpopClient, 'proofFor'>>;

export interface SocketOptions {
  onMessage(event: MessageEvent): void;
  /** The handshake is done and the token is sent; the server may still refuse it. */
  onOpen?(): void;
  /** The connection ended. It is opened again, unless the person was signed out. */
  onClose?(event: CloseEvent): void;
  readonly protocols?: string | string[];
  /** Default: the global one. Node before 22 has none: `WebSocket` of `ws`. */
  readonly WebSocket?: SocketClass;
}

/** What browsers and `ws` have in common, as far as it is needed here. */
export interface SocketClass {
  new (url: string | URL, protocols?: string | string[]): SocketLike;
  readonly OPEN: number;
}

export interface SocketLike {
  readonly readyState: number;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  send(data: string | BufferSource | Blob): void;
  close(): void;
}

export interface AuthSocket {
  /** Sends a message. Returns false while there is no connection; the message is then dropped. */
  send(data: string | BufferSource | Blob): boolean;
  /** Closes it for good. */
  close(): void;
}

/**
 * A WebSocket for `LiveSockets` that reconnects. Its first message is a fresh token (in `cookie` mode the handshake
 * carries it), and after each refresh it sends the next token. After 4401 it refreshes once before it reconnects.
 * After any other end it waits half a second, then twice as long each time, up to 30 seconds. A sign-out closes it,
 * and a sign-in opens it again, as the new user.
 */
export function authSocket(
  client: SocketClient,
  url: string | URL,
  options: SocketOptions,
): AuthSocket {
  const Socket: SocketClass = options.WebSocket ?? WebSocket;
  const wait = reconnectWait();
  let socket: SocketLike | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  async function prove(current: SocketLike): Promise<void> {
    // this rejects only if the token store does; then the server closes the socket and the client tries again
    const sent = await credentialsOf(client, url).catch(() => undefined);
    if (sent && current.readyState === Socket.OPEN)
      current.send(JSON.stringify({ type: 'auth', ...sent }));
  }

  function connect(): void {
    drop();
    if (isOver) return;
    const current = (socket = new Socket(url, options.protocols));
    current.onopen = () => {
      wait.opened();
      void prove(current).then(() => {
        if (current === socket) options.onOpen?.();
      });
    };
    // `close` follows; `ws` throws an error that nobody hears
    current.onerror = () => undefined;
    current.onmessage = (event: MessageEvent) => {
      wait.reset();
      options.onMessage(event);
    };
    current.onclose = (event: CloseEvent) => {
      if (current !== socket) return;
      socket = undefined;
      options.onClose?.(event);
      void comeBack(event.code);
    };
  }

  async function comeBack(code: number): Promise<void> {
    const waitMs = wait.next();
    if (code === REFUSED && (await client.refresh()) === 'signedOut') return;
    // a sign-in may have opened the next one meanwhile
    if (!socket) timer = setTimeout(connect, waitMs);
  }

  function drop(): void {
    clearTimeout(timer);
    const former = socket;
    socket = undefined;
    former?.close();
  }

  const stops = [
    client.on('refreshed', () => {
      if (socket?.readyState === Socket.OPEN) void prove(socket);
    }),
    client.on('signedIn', connect),
    client.on('signedOut', drop),
  ];
  connect();
  return {
    send(data) {
      const isOpen = socket?.readyState === Socket.OPEN;
      if (isOpen) socket?.send(data);
      return isOpen;
    },
    close() {
      isOver = true;
      for (const stop of stops) stop();
      drop();
    },
  };
}

/** The members of socket.io-client's socket that are needed here. */
export interface IoSocket {
  readonly active: boolean;
  connect(): unknown;
  disconnect(): unknown;
  on(event: string, listener: (...given: unknown[]) => void): unknown;
  off(event?: string, listener?: (...given: unknown[]) => void): unknown;
}

/**
 * For `io(url, { auth: ioAuth(client) })`: sends a fresh token with each connection. For a client of `/dpop`, pass
 * the URL at which socket.io listens, such as `https://api.example.com/socket.io/`.
 */
export function ioAuth(
  client: SocketClient,
  url?: string | URL,
): (give: (data: object) => void) => void {
  return (give) => {
    credentialsOf(client, url).then(
      (sent) => give(sent ?? {}),
      () => give({}),
    );
  };
}

async function credentialsOf(
  client: SocketClient,
  url: string | URL | undefined,
): Promise<object | undefined> {
  const token = await client.accessToken();
  if (token === undefined) return undefined;
  const proof = url === undefined ? undefined : await client.proofFor?.('GET', url, token);
  return proof === undefined ? { token } : { token, proof };
}

/**
 * Reconnects a socket.io socket after the server ended it (`tokenward:ended`, `closeSocketIo`), with one refresh if the
 * token was refused. It disconnects at a sign-out and connects again at a sign-in. Returns a function that stops it.
 */
export function followIo(client: Pick<AuthClient, 'on' | 'refresh'>, socket: IoSocket): () => void {
  const wait = reconnectWait();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let code = 0;

  const ended = (ending: unknown): void => {
    code = (ending as { readonly code?: number } | undefined)?.code ?? 0;
  };
  const connected = (): void => {
    wait.opened();
    code = 0;
  };
  const gone = (reason?: unknown): void => {
    // socket.io reconnects by itself after a network error, and whoever called `disconnect()` wants no connection
    if (!socket.active && reason !== 'io client disconnect') void comeBack();
  };
  async function comeBack(): Promise<void> {
    const waitMs = wait.next();
    if (code === REFUSED && (await client.refresh()) === 'signedOut') return;
    clearTimeout(timer);
    timer = setTimeout(() => socket.connect(), waitMs);
  }
  const again = (): void => {
    wait.reset();
    socket.disconnect();
    socket.connect();
  };
  const stop = (): void => {
    clearTimeout(timer);
    socket.disconnect();
  };

  const handlers = {
    'tokenward:ended': ended,
    connect: connected,
    disconnect: gone,
    connect_error: gone,
  };
  for (const [event, listener] of Object.entries(handlers)) socket.on(event, listener);
  const stops = [client.on('signedIn', again), client.on('signedOut', stop)];
  return () => {
    clearTimeout(timer);
    for (const each of stops) each();
    for (const [event, listener] of Object.entries(handlers)) socket.off(event, listener);
  };
}
