import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Between a service that verifies and its issuer: counts what is fetched, and can be taken away. */
export interface JwksRelay {
  readonly server: Server;
  readonly url: string;
  fetches: number;
  isUp: boolean;
}

export async function jwksRelay(issuerUrl: string): Promise<JwksRelay> {
  const server = createServer((_request, response) => {
    relay.fetches += 1;
    if (!relay.isUp) return void response.destroy();
    fetch(`${issuerUrl}/.well-known/jwks.json`)
      .then(async (answer) =>
        response
          .writeHead(200, { 'cache-control': answer.headers.get('cache-control') ?? '' })
          .end(await answer.text()),
      )
      .catch(() => response.destroy());
  });
  const relay = { server, url: await listening(server), fetches: 0, isUp: true };
  return relay;
}

/** Counts who comes, and answers with an empty key set. */
export interface SilentServer {
  readonly server: Server;
  readonly url: string;
  visits: number;
}

export async function silentServer(): Promise<SilentServer> {
  const server = createServer((_request, response) => {
    silent.visits += 1;
    response.end('{"keys":[]}');
  });
  const silent = { server, url: await listening(server), visits: 0 };
  return silent;
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
