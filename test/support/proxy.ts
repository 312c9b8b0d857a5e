import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * `forward`: bytes pass. `hang`: connections are accepted and stay open, but no bytes pass. `cut`: every connection is
 * reset, new ones too.
 */
export type ProxyMode = 'forward' | 'hang' | 'cut';

export interface TcpProxy {
  readonly port: number;
  /** The target's URL with the proxy's address in it. */
  readonly url: string;
  /** Bytes that arrived during `hang` pass after a return to `forward`. */
  setMode(mode: ProxyMode): void;
  /** Delay in each direction, for bytes that arrive from now on. */
  setDelay(delayMs: number): void;
  /** Resets the current connections once; new ones pass. */
  cutOnce(): void;
  /** Current connections stay open without traffic for ever, as when a firewall forgets them; new connections pass. */
  strand(): void;
  /**
   * Current connections stay open and are reset at the next write, as when a load balancer forgot them; new connections
   * pass.
   */
  forget(): void;
  /** New connections go to another server; the current ones stay where they are. */
  lead(url: string): void;
  /** New connections go to another server (a fail-over); the current ones are reset. */
  retarget(url: string): void;
  /** The number of open connections. */
  connections(): number;
  close(): Promise<void>;
}

/**
 * `resetAndDestroy` on a socket whose FIN is still on its way never closes it, and Node then spins for ever when the
 * process ends.
 */
function resetSocket(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}

/**
 * A proxy between a client and a server, for network faults. `targetUrl`: `postgres://…`, `redis://…` or `http://…`
 * with a port.
 */
export async function tcpProxy(targetUrl: string): Promise<TcpProxy> {
  let target = new URL(targetUrl);
  const portOf = (url: URL) =>
    Number(url.port || { 'postgres:': 5432, 'redis:': 6379 }[url.protocol] || 80);
  const links = new Set<{ resume(): void; reset(): void; strand(): void; forget(): void }>();
  let mode: ProxyMode = 'forward';
  let delayMs = 0;

  const pipe = (from: Socket, to: Socket, isStranded: () => boolean) => {
    const delayed: (Buffer | 'end')[] = [];
    const waiting: (Buffer | 'end')[] = [];
    const pass = () => {
      while (mode === 'forward' && !isStranded() && waiting.length > 0) {
        const next = waiting.shift() as Buffer | 'end';
        if (next === 'end') to.end();
        else to.write(next);
      }
    };
    const arrive = (what: Buffer | 'end') => {
      delayed.push(what);
      // each timer releases the oldest chunk, so that a shorter delay never overtakes
      setTimeout(() => {
        waiting.push(delayed.shift() as Buffer | 'end');
        pass();
      }, delayMs);
    };
    from.on('data', arrive);
    from.on('end', () => arrive('end'));
    return pass;
  };

  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.on('error', () => undefined);
    if (mode === 'cut') return void resetSocket(client);
    const upstream = connect({ port: portOf(target), host: target.hostname, allowHalfOpen: true });
    let stranded = false;
    const reset = () => [client, upstream].forEach(resetSocket);
    const passes = [pipe(client, upstream, () => stranded), pipe(upstream, client, () => stranded)];
    const link = {
      resume: () => passes.forEach((pass) => pass()),
      strand: () => void (stranded = true),
      reset,
      forget: () => void client.prependOnceListener('data', reset),
    };
    links.add(link);
    upstream.on('error', () => resetSocket(client));
    client.on('close', () => {
      links.delete(link);
      upstream.destroy();
    });
    upstream.on('close', () => mode === 'forward' && client.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = new URL(targetUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const cutOnce = () => [...links].forEach((link) => link.reset());
  const lead = (next: string) => void (target = new URL(next));
  return {
    port,
    url: url.href,
    cutOnce,
    strand: () => links.forEach((link) => link.strand()),
    forget: () => links.forEach((link) => link.forget()),
    lead,
    retarget(next) {
      lead(next);
      cutOnce();
    },
    setMode(next) {
      mode = next;
      if (next === 'cut') cutOnce();
      if (next === 'forward') links.forEach((link) => link.resume());
    },
    setDelay: (next) => void (delayMs = next),
    connections: () => links.size,
    close: () => {
      cutOnce();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
