import { afterEach, beforeEach, expect, it } from '@jest/globals';
import axios, { AxiosError, type AxiosInstance } from 'axios';
import { axiosTransport } from './axios.js';
import { fakeBrowser } from './fake-browser.fixture.js';
import { fakeServer, type FakeServer } from './fake-server.fixture.js';
import { type AuthClient, createAuthClient } from './index.js';

let server: FakeServer;
let browser: ReturnType<typeof fakeBrowser>;
let client: AuthClient;
let api: AxiosInstance;

beforeEach(async () => {
  server = fakeServer();
  browser = fakeBrowser();
  client = createAuthClient({
    baseUrl: 'https://api.test',
    transport: 'hybrid',
    fetch: server.fetch,
  });
  api = axios.create({ baseURL: 'https://api.test', ...axiosTransport(client) });
  await client.login({ email: 'ada@example.com', password: 'a quiet river' });
});
afterEach(() => {
  client.close();
  browser.restore();
});

// T-jzb5
it('sends the access token, refreshes once for many and sends each again with its body', async () => {
  server.expireAccessTokens();
  const answers = await Promise.all([1, 2, 3].map((at) => api.post('/echo', { at })));
  expect(answers.map(({ data }) => data)).toEqual([{ at: 1 }, { at: 2 }, { at: 3 }]);
  expect(server.count('/auth/refresh')).toBe(1);
});

it('a definite refusal is an AxiosError with 401, an outage one with 503', async () => {
  server.expireAccessTokens();
  server.failNext('/auth/refresh', 503);
  const statusOf = (sent: Promise<unknown>) =>
    sent.catch((error: unknown) => error instanceof AxiosError && error.response?.status);
  expect(await statusOf(api.get('/echo'))).toBe(503);
  server.endSession();
  expect(await statusOf(api.get('/echo'))).toBe(401);
});
