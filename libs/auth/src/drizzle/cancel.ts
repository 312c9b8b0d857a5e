import { connect } from 'node:net';
import type { PoolClient } from 'pg';

/** PostgreSQL protocol, "Cancel Request": 16 bytes on a separate connection, before any other message. */
const CANCEL_CODE = 80_877_102;
const WITHIN_MS = 1_000;

/**
 * Asks the server to cancel the statement that the client waits for. A backend that waits for a
 * lock does not notice that its connection is gone: one would remain for each caller who left. Best
 * effort; it has no effect if the server has answered already.
 */
export function cancel(client: PoolClient): void {
  const { host, port, processID, secretKey } = client as PoolClient & {
    readonly host?: string;
    readonly port?: number;
    readonly processID?: unknown;
    readonly secretKey?: unknown;
  };
  if (host === undefined || port === undefined) return;
  if (typeof processID !== 'number' || typeof secretKey !== 'number') return;
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(CANCEL_CODE, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  const socket = connect(
    host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port },
  );
  socket.on('error', () => undefined);
  socket.setTimeout(WITHIN_MS, () => socket.destroy());
  socket.unref().end(request);
}
