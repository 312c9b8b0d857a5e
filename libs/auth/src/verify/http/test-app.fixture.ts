import { request as send } from 'node:http';
import type { INestApplication } from '@nestjs/common';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly cookies: readonly string[];
  readonly text: string;
  readonly json: unknown;
}

export interface Call {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly json?: unknown;
  readonly raw?: string;
}

export class TestApp {
  constructor(
    readonly app: INestApplication,
    readonly port: number,
  ) {}

  call(method: string, path: string, { headers = {}, json, raw }: Call = {}): Promise<Answer> {
    const body = raw ?? (json === undefined ? undefined : JSON.stringify(json));
    const sent = {
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      ...headers,
    } as Record<string, string | string[]>;
    return new Promise((resolve, reject) => {
      const outgoing = send(
        { port: this.port, host: '127.0.0.1', method, path, headers: sent },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const isJson = String(response.headers['content-type']).includes('json');
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              cookies: response.headers['set-cookie'] ?? [],
              text,
              json: isJson ? (JSON.parse(text) as unknown) : undefined,
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}
