import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BoundHosts, boundHosts, PASSWORD } from './support/bound-hosts.js';
import type { HostApp } from './support/host-app.js';
import { claimsOf, cookieShapes, STAGE_TIMEOUT_MS } from './support/stage.js';

const EMAIL = 'bound@example.com';

let hosts: BoundHosts<'express' | 'off'>['hosts'];
let close: BoundHosts<'express' | 'off'>['close'];
beforeAll(async () => {
  ({ hosts, close } = await boundHosts(
    { express: { deviceBound: 'offer' }, off: {} },
    { [EMAIL]: 'user' },
  ));
}, STAGE_TIMEOUT_MS);
afterAll(() => close());

describe('without the option deviceBound', () => {
  // T-sgqp
  it('the routes do not exist, and no answer has an additional header, cookie or byte', async () => {
    const offer = { 'secure-session-registration': expect.any(String) };
    const seen = async (host: HostApp) => {
      const browser = host.client();
      const proof = { headers: { 'secure-session-response': 'x', 'sec-secure-session-id': 'x' } };
      const body = { email: EMAIL, password: PASSWORD };
      const answers = [
        await browser.post('/auth/login', body, proof),
        await browser.get('/auth/me', proof),
        await browser.post('/auth/refresh', undefined, proof),
        await browser.get('/who', proof),
        await hosts.off.client().post('/auth/refresh', undefined, proof),
      ];
      return answers.map((answer) => ({
        status: answer.status,
        cookies: cookieShapes(answer),
        length: answer.text.length,
        headers: Object.fromEntries(
          Object.keys(answer.headers).map((name) => [name, expect.any(String)]),
        ),
      }));
    };
    const [off, offered] = [await seen(hosts.off), await seen(hosts.express)];
    expect({ ...off[0], headers: { ...off[0]?.headers, ...offer } }).toEqual(offered[0]);
    expect(off[0]?.headers).not.toHaveProperty('secure-session-registration');
    expect(off.slice(1)).toEqual(offered.slice(1));
    const browser = hosts.off.client();
    await browser.post('/auth/login', { email: EMAIL, password: PASSWORD });
    expect(claimsOf(browser.jar.get('access_token') ?? '')).not.toHaveProperty('bound');
    for (const path of ['/auth/device', '/auth/device/refresh']) {
      const { status, text } = await browser.post(path);
      const missing = { statusCode: 404, error: 'Not Found', message: `Cannot POST ${path}` };
      expect([status, JSON.parse(text)]).toEqual([404, missing]);
    }
  });
});
