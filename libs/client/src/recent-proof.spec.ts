import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { AuthClient } from '@tokenward/client';
import { stepUpFetch } from './account.js';
import { baseUrl, open } from './account.fixture.js';

describe('a route that requires a recent proof', () => {
  const challenge = () =>
    new Response('{}', {
      status: 401,
      headers: {
        'www-authenticate': 'Bearer error="insufficient_user_authentication", max_age="300"',
      },
    });

  async function guarded() {
    let isProved = false;
    const bodies: string[] = [];
    const opened = await open((_line, body) => {
      bodies.push(body);
      return isProved ? new Response(null, { status: 204 }) : challenge();
    });
    return { ...opened, bodies, prove: () => void (isProved = true) };
  }
  const remove = (fetch: AuthClient['fetch']) =>
    fetch('/account', { method: 'DELETE', body: 'really' });

  it('asks the user once for all waiting requests, and sends each again once', async () => {
    const { client, asked, bodies, prove } = await guarded();
    const seen: (number | undefined)[] = [];
    const fetch = stepUpFetch(client, async ({ maxAgeSeconds }) => {
      seen.push(maxAgeSeconds);
      await client.reauthenticate('a quiet river');
      prove();
    });
    const answers = await Promise.all([remove(fetch), remove(fetch), remove(fetch)]);
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect(seen).toEqual([300]);
    expect(bodies).toEqual(Array.from({ length: 6 }, () => 'really'));
    expect(asked.filter((line) => line.includes('refresh'))).toEqual([]);
  });

  it('a Request is sent again with its body', async () => {
    const { client, bodies, prove } = await guarded();
    const fetch = stepUpFetch(client, async () => prove());
    const request = new Request(`${baseUrl}/account`, { method: 'DELETE', body: 'really' });
    expect((await fetch(request)).status).toBe(204);
    expect(bodies).toEqual(['really', 'really']);
  });

  it.each([
    ['a stream', () => new Blob(['really']).stream()],
    ['a stream of Node', () => Readable.from([Buffer.from('really')])],
  ])('%s is not sent again', async (_, body) => {
    const { client, bodies, prove } = await guarded();
    const fetch = stepUpFetch(client, async () => prove());
    const init = { method: 'DELETE', body: body() as ReadableStream, duplex: 'half' };
    expect((await fetch('/account', init)).status).toBe(401);
    expect(bodies).toEqual(['really']);
  });

  it('is refused when the user declines, or the proof is not enough', async () => {
    const { client, bodies } = await guarded();
    const refused = await remove(stepUpFetch(client, async () => false));
    expect([refused.status, bodies.length]).toEqual([401, 1]);
    const again = await remove(stepUpFetch(client, async () => true));
    expect([again.status, bodies.length]).toEqual([401, 3]);
  });

  // T-xg2b
  it('is not sent again as another user who signed in meanwhile', async () => {
    const { client, bodies, prove } = await guarded();
    const fetch = stepUpFetch(client, async () => {
      prove();
      await client.login({ email: 'bob@example.com', password: 'x' });
    });
    expect((await remove(fetch)).status).toBe(401);
    expect(bodies).toHaveLength(1);
  });

  // T-kwzv
  it('a user who does not answer blocks no request beyond its signal', async () => {
    const { client } = await guarded();
    const fetch = stepUpFetch(client, () => new Promise(() => undefined));
    const controller = new AbortController();
    const waiting = fetch('/account', { method: 'DELETE', signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(waiting).rejects.toThrow('enough');
  });
});
