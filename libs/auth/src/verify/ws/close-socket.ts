import type { Ending } from './ending.js';
import type { CloseSocket } from './live-sockets.service.js';

/** What a socket.io client hears before its connection ends: the protocol has no close codes. */
export const ENDED_EVENT = 'tokenward:ended';
/** A peer that does not answer the goodbye keeps nothing open. */
const TERMINATE_AFTER_MS = 1_000;

interface WebSocketLike {
  close(code: number, reason: string): void;
  terminate(): void;
}

interface SocketIoLike {
  emit(event: string, ending: Ending): unknown;
  disconnect(close: true): unknown;
  readonly conn: { close(discard: true): unknown };
}

/** For ws: the code in the close frame. */
export function closeWebSocket(client: WebSocketLike): CloseSocket {
  return ({ code, reason }) => {
    client.close(code, reason);
    setTimeout(() => {
      client.terminate();
    }, TERMINATE_AFTER_MS).unref();
  };
}

/**
 * For socket.io: the event `tokenward:ended` with `{ code, reason }`, then the end of the whole connection, its other namespaces included: the
 * handshake was theirs too. The client sees `io server disconnect` and does not come back by itself.
 */
export function closeSocketIo(client: SocketIoLike): CloseSocket {
  return ({ code, reason }) => {
    client.emit(ENDED_EVENT, { code, reason });
    client.disconnect(true);
    setTimeout(() => {
      client.conn.close(true);
    }, TERMINATE_AFTER_MS).unref();
  };
}
