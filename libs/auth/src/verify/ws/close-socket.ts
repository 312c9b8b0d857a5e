/**
 * Why a live connection ends, as WebSocket close codes (RFC 6455, section 7.4.2: 4000 to 4999 are the application's).
 */
export const TOKEN_REFUSED = 4401;
/**
 * Try again later: for five seconds the process could not prove that the token is not revoked, or too many sockets
 * waited for their first message.
 */
export const VIEW_UNPROVEN = 4503;

export interface Ending {
  readonly code: typeof TOKEN_REFUSED | typeof VIEW_UNPROVEN;
  /** Safe to show; fits a close frame. */
  readonly reason: 'revoked' | 'expired' | 'refused' | 'unproven' | 'crowded';
}

/** How a socket is closed: `socket.close(code, reason)` of ws; socket.io emits and disconnects. */
export type CloseSocket = (ending: Ending) => void;

/** The event that a socket.io client gets before its connection ends, because the protocol has no close codes. */
export const ENDED_EVENT = 'tokenward:ended';
/** A peer that does not answer the close frame is cut off after this time. */
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
 * For socket.io: the event `tokenward:ended` with `{ code, reason }`, then the end of the whole connection, including
 * its other namespaces, which share the handshake. The client gets `io server disconnect` and does not reconnect by
 * itself.
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
