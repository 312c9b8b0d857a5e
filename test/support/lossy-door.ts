import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseCookie } from 'cookie';

/**
 * `before`: the request does not reach the server. `after`: the server did the work, but the answer is lost. `head`:
 * the answer ends after its headers.
 */
export type Loss = 'before' | 'after' | 'head' | undefined;

export interface LossyDoor {
  readonly url: string;
  /** The answer to each presented refresh token, whether or not it arrived. */
  readonly successors: ReadonlyMap<string, ReadonlySet<string>>;
  /** Applies to the next refresh only; `during` runs while the server handles it. */
  loseNext(loss: Loss, during?: () => unknown): void;
  close(): Promise<void>;
}

/** A proxy that loses answers to `POST /auth/refresh`. */
export async function openLossyDoor(port: number): Promise<LossyDoor> {
  const successors = new Map<string, Set<string>>();
  let next: { loss: Loss; during?: (() => unknown) | undefined } | undefined;

  const server = createServer((incoming, answer) => {
    void (async () => {
      const body = await textOf(incoming);
      const isRefresh = incoming.url === '/auth/refresh';
      const fault = isRefresh ? next : undefined;
      if (isRefresh) next = undefined;
      if (fault?.loss === 'before') return void incoming.socket.resetAndDestroy();
      const passed = passOn(port, incoming, body);
      if (fault?.during) setTimeout(fault.during, Math.random() * 8);
      const [head, text] = await passed;
      if (isRefresh && head.statusCode === 200)
        write(tokenIn(incoming, body), tokenOut(head, text));
      if (fault?.loss === 'after') return void incoming.socket.resetAndDestroy();
      reply(answer, head, text, fault?.loss === 'head');
    })().catch(() => incoming.socket.destroy());
  });

  function write(presented: string, given: string): void {
    successors.set(presented, (successors.get(presented) ?? new Set()).add(given));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    successors,
    loseNext: (loss, during) => void (next = { loss, during }),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function passOn(
  port: number,
  incoming: IncomingMessage,
  body: string,
): Promise<[IncomingMessage, string]> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
      agent: false,
    });
    outgoing.on('response', (head) => {
      textOf(head).then((text) => resolve([head, text]), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function reply(answer: ServerResponse, head: IncomingMessage, text: string, isCut: boolean): void {
  answer.writeHead(head.statusCode ?? 502, head.rawHeaders);
  if (!isCut) return void answer.end(text);
  answer.write(text.slice(0, 4));
  setTimeout(() => answer.destroy(), 10);
}

const tokenIn = ({ headers }: IncomingMessage, body: string): string =>
  parseCookie(headers.cookie ?? '')['refresh_token'] ?? inBody(body);
const tokenOut = ({ headers }: IncomingMessage, body: string): string =>
  headers['set-cookie']?.find((line) => line.startsWith('refresh_token='))?.split(/[=;]/)[1] ??
  inBody(body);
const inBody = (body: string): string =>
  String((JSON.parse(body || '{}') as { refreshToken?: unknown }).refreshToken);

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
