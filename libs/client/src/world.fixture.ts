import { afterEach, beforeEach, jest } from '@jest/globals';
import { fakeBrowser } from './fake-browser.fixture.js';
import { fakeServer, type FakeServer } from './fake-server.fixture.js';
import { type AuthClient, type AuthClientOptions, createAuthClient } from './index.js';

export const credentials = { email: 'ada@example.com', password: 'a quiet river' };
export const later = (durationMs: number) =>
  new Promise((resolve) => setTimeout(resolve, durationMs));

/** A server and a browser for each test, and clients that are closed after it. */
export function fakeWorld() {
  const clients: AuthClient[] = [];
  const world = {} as { server: FakeServer; browser: ReturnType<typeof fakeBrowser> };
  beforeEach(() => {
    world.server = fakeServer();
    world.browser = fakeBrowser();
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    world.browser.restore();
    jest.useRealTimers();
  });

  /** A tab of that browser. Its events are recorded. */
  function open(options: AuthClientOptions = {}) {
    const client = createAuthClient({
      baseUrl: 'https://api.test',
      refreshAheadMs: 0,
      fetch: world.server.fetch,
      ...options,
    });
    clients.push(client);
    const events: string[] = [];
    for (const name of ['signedIn', 'refreshed', 'restored'] as const)
      client.on(name, () => void events.push(name));
    client.on('signedOut', ({ reason }) => void events.push(`signedOut: ${reason}`));
    return Object.assign(client, { events });
  }
  async function signedIn(options?: AuthClientOptions) {
    const client = open(options);
    await client.login(credentials);
    return client;
  }
  const statusOf = async (client: AuthClient, path = '/echo') =>
    (await client.fetch(`https://api.test${path}`)).status;
  return { world, open, signedIn, statusOf };
}
