import { describe, expect, it } from '@jest/globals';
import { createDpopClient } from './dpop.js';
import { memoryKeys } from './dpop-keys.js';
import { BASE, fakeApi } from './dpop-api.fixture.js';
import { serverAuth } from './server.js';
import { authEvents } from './sockets.js';
import { credentials, fakeWorld } from './world.fixture.js';

const { world, signedIn } = fakeWorld();

/** While a copy is unread, `cancel()` of the answer does not end; of an answer that was read it rejects. */
const WATCHERS: readonly [string, (answer: Response) => unknown][] = [
  ['copied and not read (msw)', (answer) => answer.clone()],
  ['read if they are refusals (a logger)', (answer) => answer.ok || answer.text()],
];

describe.each(WATCHERS)('a fetch whose answers are %s', (_name, watch) => {
  const watched =
    (send: typeof fetch): typeof fetch =>
    async (input, init) => {
      const answer = await send(input, init);
      await watch(answer);
      return answer;
    };

  it('does not keep the client from sending a request again', async () => {
    const client = await signedIn({ fetch: watched((...given) => world.server.fetch(...given)) });
    world.server.expireAccessTokens();
    expect((await client.fetch('/echo')).status).toBe(200);
  });

  it('does not keep a proof from being made again', async () => {
    const api = fakeApi();
    api.nonce = 'n1';
    const keys = memoryKeys();
    const client = createDpopClient({
      baseUrl: BASE,
      transport: 'bearer',
      keys,
      fetch: watched(api.fetch),
    });
    await client.login(credentials);
    client.close();
    expect(api.of('/auth/login')).toHaveLength(2);
  });

  it('does not keep a page server from refreshing', async () => {
    let isFresh = false;
    const send: typeof fetch = (input) => {
      const isRefresh = String(input).endsWith('/refresh');
      const status = isFresh || isRefresh ? 200 : 401;
      isFresh ||= isRefresh;
      return Promise.resolve(new Response('{}', { status }));
    };
    const authOf = serverAuth({ apiUrl: 'http://api', fetch: watched(send) });
    const cookie = 'access_token=a; refresh_token=r';
    const answer = await authOf({ headers: new Headers({ cookie }) }).fetch('/notes');
    expect(answer.status).toBe(200);
  });

  it('does not keep a stream from being opened again', async () => {
    const client = await signedIn();
    const closed = new Promise((resolve) => {
      const stop = authEvents(
        { ...client, fetch: watched(() => Promise.resolve(new Response('busy', { status: 503 }))) },
        '/stream',
        {
          onEvent: () => undefined,
          onClose(status) {
            stop();
            resolve(status);
          },
        },
      );
    });
    expect(await closed).toBe(503);
  });
});
