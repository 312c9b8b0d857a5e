import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as send, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { LocalCertificate } from '../../tools/local-certificate.mjs';

/** One request that passed, and its answer. */
export interface Passed {
  /** Milliseconds since the proxy started. */
  readonly atMs: number;
  /** `GET /me` */
  readonly what: string;
  readonly status: number;
  readonly hasAccessCookie: boolean;
  /** Whether the request has a proof by the browser's key. */
  readonly isProof: boolean;
}

export interface Door {
  readonly origin: string;
  readonly passed: readonly Passed[];
  /** Sets the target of requests from now on. */
  target: string;
  /** How many of the browser's next refreshes get 503, as from an unreachable server. */
  outages: number;
  /** Awaited before a request with a proof is passed on. */
  beforeProof: (() => Promise<void>) | undefined;
  close(): Promise<void>;
}

/** A TLS proxy in front of a demo that trusts it (`TRUST_PROXY`), as in a deployment. It records what passes. */
export async function openDoor(certificate: LocalCertificate, target: string): Promise<Door> {
  const passed: Passed[] = [];
  const openedMs = performance.now();
  const [cert, key] = [readFileSync(certificate.cert), readFileSync(certificate.key)];
  const server = createServer({ cert, key }, (request, response) => void pass(request, response));

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '/', headers } = request;
    const isProof = headers['secure-session-response'] !== undefined;
    if (isProof) await door.beforeProof?.();
    if (url === '/auth/device/refresh' && door.outages > 0) {
      door.outages--;
      response.writeHead(503).end();
      return;
    }
    const forwarded = { ...headers, 'x-forwarded-proto': 'https', 'x-forwarded-for': '127.0.0.1' };
    const note = (status: number): void => {
      const hasAccessCookie = /(?:^|; )access_token=/.test(headers.cookie ?? '');
      const atMs = performance.now() - openedMs;
      passed.push({
        atMs,
        what: `${method} ${url.split('?', 1)[0] ?? ''}`,
        status,
        hasAccessCookie,
        isProof,
      });
    };
    const outgoing = send(new URL(url, door.target), { method, headers: forwarded }, (incoming) => {
      note(incoming.statusCode ?? 0);
      response.writeHead(incoming.statusCode ?? 502, incoming.rawHeaders);
      incoming.pipe(response);
    });
    outgoing.on('error', () => {
      note(502);
      response.destroy();
    });
    request.pipe(outgoing);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const door: Door = {
    origin: `https://localhost:${String((server.address() as AddressInfo).port)}`,
    passed,
    target,
    outages: 0,
    beforeProof: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return door;
}
