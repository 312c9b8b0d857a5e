import { afterEach } from '@jest/globals';
import { type AuthClient, createAuthClient } from '@tokenward/client';

export const baseUrl = 'https://api.test';
export const clients: AuthClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

/** A signed-in bearer client of a server that answers by `routes`, and the recorded requests. */
export async function open(routes: (line: string, body: string) => Response | Promise<Response>) {
  const asked: string[] = [];
  let counter = 0;
  const tokens = (extra: object = {}) =>
    Response.json({
      ...extra,
      expiresIn: 900,
      accessToken: `access-${++counter}`,
      refreshToken: `r-${counter}`,
    });
  const client = createAuthClient({
    baseUrl,
    transport: 'bearer',
    refreshAheadMs: 0,
    async fetch(input, init) {
      const request = new Request(input as string, init);
      const line = `${request.method} ${new URL(request.url).pathname}`;
      if (line === 'POST /auth/login')
        return tokens({ user: { id: 'u1', email: 'ada@example.com' } });
      if (line === 'POST /auth/refresh' || line === 'POST /auth/reauthenticate') {
        asked.push(line);
        return tokens();
      }
      asked.push(line);
      // as a real server does
      const aborted = new Promise<never>((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason as Error));
      });
      return Promise.race([routes(line, await request.text()), aborted]);
    },
  });
  clients.push(client);
  await client.login({ email: 'ada@example.com', password: 'a quiet river' });
  return { client, asked };
}

export const refusal = (status: number, code: string) =>
  Response.json({ statusCode: status, error: 'Error', message: code, code }, { status });
