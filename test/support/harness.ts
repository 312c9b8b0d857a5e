import { createServer, request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import type { Harness } from './harness-page.js';

const SCRIPTS = ['harness-page', 'harness-worker'].map((name) =>
  fileURLToPath(new URL(`./${name}.ts`, import.meta.url)),
);
const HTML = '<!doctype html><title>Harness</title><body><script src="/harness.js"></script>';
const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'";

/**
 * A proxy in front of a server: serves the harness page at its own origin, and forwards and records everything else.
 */
export interface FrontDoor {
  readonly url: string;
  /** The `POST /auth/refresh` requests in order. */
  readonly requests: readonly string[];
  /** Holds back the answers to a path until the returned function is called. */
  hold(path: string): () => void;
  close(): Promise<void>;
}

export async function openFrontDoor(target: string): Promise<FrontDoor> {
  const { port: targetPort, hostname } = new URL(target);
  const [script, worker] = await bundled();
  const requests: string[] = [];
  const held = new Map<string, Promise<void>>();
  const passOn = (incoming: IncomingMessage) =>
    request({
      hostname,
      port: targetPort,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
    });

  const server = createServer((incoming, answer) => {
    const path = incoming.url ?? '/';
    if (path === '/harness')
      return void answer
        .setHeader('Content-Type', 'text/html')
        .setHeader('Content-Security-Policy', POLICY)
        .end(HTML);
    if (path === '/harness.js' || path === '/harness-worker.js')
      return void answer
        .setHeader('Content-Type', 'text/javascript')
        .end(path === '/harness.js' ? script : worker);
    requests.push(`${incoming.method} ${path}`);
    const outgoing = passOn(incoming);
    outgoing.on('response', (response) => {
      void Promise.resolve(held.get(path)).then(() => {
        answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
        response.pipe(answer);
      });
    });
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  server.on('upgrade', (incoming, socket) => {
    const upstream = connect(Number(targetPort), hostname, () => {
      const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
      for (let at = 0; at < incoming.rawHeaders.length; at += 2)
        lines.push(`${incoming.rawHeaders[at]}: ${incoming.rawHeaders[at + 1]}`);
      upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
      socket.pipe(upstream).pipe(socket);
    });
    for (const end of [socket, upstream]) {
      end.on('error', () => undefined);
      end.on('close', () => [socket, upstream].forEach((each) => each.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    hold(path) {
      let release = (): void => undefined;
      held.set(path, new Promise((resolve) => (release = resolve)));
      return () => {
        held.delete(path);
        release();
      };
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

declare const harness: Harness;

/** A tab with the harness page and a client. */
export async function openTab(
  context: BrowserContext,
  { url }: FrontDoor,
  transport: 'cookie' | 'hybrid' | 'key' = 'cookie',
): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}/harness`);
  await page.evaluate(
    (chosen) =>
      chosen === 'key'
        ? harness.openWithKey()
        : harness.open({ transport: chosen, refreshAheadMs: 0 }),
    transport,
  );
  return page;
}

async function bundled(): Promise<string[]> {
  const { outputFiles } = await build({
    entryPoints: SCRIPTS,
    outdir: 'out',
    bundle: true,
    minify: true,
    format: 'iife',
    write: false,
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  return outputFiles.map(({ text }) => text);
}
