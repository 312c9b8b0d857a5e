import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { fakeBrowser } from './fake-browser.fixture.js';
import { fakeServer, type FakeServer } from './fake-server.fixture.js';
import { type AuthClient, createAuthClient } from './index.js';
import { type SessionStore, sessionStore } from './session-store.js';

let server: FakeServer;
let browser: ReturnType<typeof fakeBrowser>;
let client: AuthClient;
let store: SessionStore;
const seen: string[] = [];
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
/** Waits, because a busy machine may be slow. */
async function becomes(status: ReturnType<SessionStore['get']>['status']): Promise<void> {
  for (let left = 250; left > 0 && store.get().status !== status; left -= 1) await settled();
  expect(store.get().status).toBe(status);
}

beforeEach(() => {
  seen.length = 0;
  server = fakeServer();
  browser = fakeBrowser();
  client = createAuthClient({ baseUrl: 'https://api.test', fetch: server.fetch });
  store = sessionStore(client);
});
afterEach(() => {
  client.close();
  browser.restore();
});

const follow = () => store.subscribe(() => void seen.push(store.get().status));
const signIn = () => client.login({ email: 'ada@example.com', password: 'a quiet river' });

it('makes one request for all subscribers, and follows sign-in and sign-out', async () => {
  const stops = [follow(), store.subscribe(() => undefined)];
  expect(store.get()).toEqual({ status: 'loading' });
  await becomes('signedOut');
  expect(server.count('/auth/me')).toBe(1);
  await signIn();
  await becomes('signedIn');
  expect(store.get()).toMatchObject({ status: 'signedIn', session: { id: 'u1' } });
  expect(store.get()).toBe(store.get());
  await client.logout();
  expect(seen).toEqual(['signedOut', 'loading', 'signedIn', 'signedOut']);

  for (const stop of stops) stop();
  await signIn();
  await settled();
  expect(seen).toHaveLength(4);
  // another user may be signed in by now
  expect(store.get()).toEqual({ status: 'loading' });
});

it('a page that takes the place of another one shows the user at once, and asks nothing', async () => {
  await signIn();
  const leave = follow();
  await becomes('signedIn');
  leave();
  const stop = follow();
  expect(store.get()).toMatchObject({ status: 'signedIn' });
  await settled();
  await client.logout();
  expect(seen).toEqual(['signedIn', 'signedOut']);
  expect(server.count('/auth/me')).toBe(1);
  stop();
});

it('is loading right after a sign-in, and never shows the previous user', async () => {
  follow();
  await becomes('signedOut');
  await signIn();
  expect(store.get()).toEqual({ status: 'loading' });
  await becomes('signedIn');
});

it('a closed client opens again with the next call', async () => {
  client.close();
  await signIn();
  server.expireAccessTokens();
  expect((await client.fetch('https://api.test/echo')).status).toBe(200);
});

it.each<[string, () => unknown]>([
  ['a retry', () => store.retry()],
  ['the next refresh', () => client.refresh()],
])('an outage does not sign out, and ends with %s', async (_name, end) => {
  await signIn();
  server.failNext('/auth/me', 503);
  follow();
  await becomes('unavailable');
  end();
  await becomes('signedIn');
});
