/** As long as ioredis lets the connection itself take. */
const GREETED_WITHIN_MS = 2_000;

/** A single client, or the one of a node of a cluster. */
interface Connecting {
  readonly status: string;
  on(event: 'connect' | 'ready' | 'close', listener: () => void): unknown;
  disconnect(reconnect: boolean): void;
}

/**
 * ioredis waits for ever for a server that took the connection and does not answer (frozen, or behind a firewall that
 * has forgotten it). No command is sent that could miss a deadline, so only a restart of the service would help.
 */
export function leaveIfSilent(client: Connecting): void {
  let timer: NodeJS.Timeout | undefined;
  client.on('connect', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (client.status === 'connect') client.disconnect(true);
    }, GREETED_WITHIN_MS).unref();
  });
  for (const over of ['ready', 'close'] as const) client.on(over, () => clearTimeout(timer));
}
