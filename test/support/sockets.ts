import { WebSocket } from 'ws';

export interface SocketMessage {
  readonly type: string;
  readonly [member: string]: unknown;
}

export interface TestSocket {
  /** All messages in order of arrival. */
  readonly messages: readonly SocketMessage[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  isOpen(): boolean;
  /** The first message of that type (or the nth), past or future. Rejects if the socket closes before it. */
  message<T = SocketMessage>(type: string, nth?: number): Promise<T>;
  /** An object is sent as JSON. */
  send(message: object | string): void;
  close(): Promise<void>;
}

/**
 * Connects to `/events` of a demo's address, or to an address with a path. Rejects with the status of a refused
 * handshake.
 */
export async function openSocket(
  url: string,
  headers: Record<string, string> = {},
): Promise<TestSocket> {
  const address = new URL(url.replace(/^http/, 'ws'));
  if (address.pathname === '/') address.pathname = '/events';
  const socket = new WebSocket(address, { headers });
  const messages: SocketMessage[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString()) as SocketMessage);
    for (const look of waiting) look();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  return {
    messages,
    closed,
    isOpen: () => socket.readyState === WebSocket.OPEN,
    message: <T>(type: string, nth = 1) =>
      new Promise<T>((resolve, reject) => {
        const look = () => {
          const found = messages.filter((message) => message.type === type)[nth - 1];
          if (found) resolve(found as T);
        };
        waiting.add(look);
        look();
        void closed.then(({ code }) =>
          reject(new Error(`closed with ${code} before "${type}" came`)),
        );
      }),
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async close() {
      socket.close();
      await closed;
    },
  };
}

/** The given number of sockets, all signed in. */
export async function openSockets(
  count: number,
  url: string,
  headers: Record<string, string>,
): Promise<readonly TestSocket[]> {
  const sockets: TestSocket[] = [];
  // in groups, below the listen backlog
  while (sockets.length < count)
    sockets.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(50, count - sockets.length) }, async () => {
          const socket = await openSocket(url, headers);
          await socket.message('ready');
          return socket;
        }),
      )),
    );
  return sockets;
}
