import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it, jest } from '@jest/globals';
import { jwkMembers } from './jwk-members.js';
import { ecKey, useRemoteKeys } from './remote-keys.fixture.js';

const HOUR = 3_600;
const A = ecKey('a');
const json = (body: unknown) => new Response(JSON.stringify(body));

const { said, issuerOf } = useRemoteKeys();

async function start(...given: Parameters<typeof issuerOf>) {
  const started = issuerOf(...given);
  await started.remote.refresh();
  const holds = (kid: string): boolean => started.keyring.verificationKey(kid) !== undefined;
  return { ...started, holds };
}

describe('the issuer’s JWKS', () => {
  // T-5679
  it.each<readonly [name: string, body: unknown]>([
    ['{"keys":[]}', { keys: [] }],
    ['a set with other keys alone', { keys: [ecKey('b')] }],
    ['a set with nothing for here', { keys: [ecKey('c', { use: 'enc' })] }],
  ])('%s ends the trust in a key that is not in it', async (_name, body) => {
    const { issuer, remote, holds } = await start(() => json({ keys: [A] }));
    expect(holds('a')).toBe(true);
    issuer.answer = () => json(body);
    await remote.refresh();
    // the kid is proven unknown, so the answer is 401, not 503
    expect([holds('a'), remote.isComplete()]).toEqual([false, true]);
  });

  it.each<readonly [name: string, answer: () => Response, says: RegExp]>([
    ['500', () => new Response('x', { status: 500 }), /status 500/],
    ['204', () => new Response(null, { status: 204 }), /status 204/],
    [
      'a redirect',
      () => new Response(null, { status: 302, headers: { location: '/x' } }),
      /redirect, which is not followed/,
    ],
    ['a sign-in page', () => new Response('<html>sign in</html>'), /a web page/],
    ['JSON that was cut short', () => new Response('{"keys":[{'), /not JSON, or was cut short/],
    ['a bare array', () => json([A]), /not a JWKS: it has no list "keys"/],
    ['keys that are not a list', () => json({ keys: { A } }), /not a JWKS: it has no list "keys"/],
    ['null', () => json(null), /not a JWKS/],
    ['101 keys', () => json({ keys: Array.from({ length: 101 }, () => A) }), /more than 100 keys/],
    [
      'more bytes than a set has',
      () => new Response(' '.repeat(300_000)),
      /larger than 262144 bytes/,
    ],
  ])(
    '%s keeps the known keys for 24 h, says why, and ends the trust then',
    async (_name, answer, says) => {
      const { clock, issuer, remote, holds } = await start(() => json({ keys: [A] }));
      issuer.answer = answer;
      clock.seconds += 24 * HOUR;
      await remote.refresh();
      expect(holds('a')).toBe(true);
      expect(said).toEqual([expect.stringMatching(says)]);
      clock.seconds += 1;
      await remote.refresh();
      expect([holds('a'), remote.isComplete()]).toEqual([false, false]);
      expect(said[1]).toMatch(/no key is in force/);
      issuer.answer = () => json({ keys: [A] });
      await remote.refresh();
      expect([holds('a'), remote.isComplete()]).toEqual([true, true]);
    },
  );

  // T-bhp3
  it('is not kept for longer than keepFor, even while every fetch hangs', async () => {
    jest.useFakeTimers();
    try {
      const { clock, holds } = await start(() => json({ keys: [A] }), {
        keepFor: '2m',
        refreshEvery: '24h',
      });
      clock.seconds += 121;
      jest.advanceTimersByTime(121_000);
      expect(holds('a')).toBe(false);
    } finally {
      jest.useRealTimers();
    }
  });

  it('with two keys of one kid loses both, which are named, and keeps the others', async () => {
    const keys = [A, ecKey('twice'), ecKey('twice'), ecKey('same'), null, 7, { kty: 'EC' }];
    const { holds } = await start(() => json({ keys: [...keys, keys[3]] }));
    expect(['a', 'twice', 'same'].map(holds)).toEqual([true, false, true]);
    expect(said).toEqual([
      expect.stringMatching(/"twice": two keys have this kid, so neither is used/),
    ]);
  });

  it('with keys that should not be there causes a warning without key material', async () => {
    const d = jwkMembers(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    const weak = jwkMembers(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey);
    const { holds } = await start(() =>
      json({
        keys: [A, { ...d, kid: 'private', alg: 'ES256' }, { ...weak, kid: 'weak', alg: 'RS256' }],
      }),
    );
    expect(['a', 'private', 'weak'].map(holds)).toEqual([true, false, false]);
    expect(said).toEqual([
      expect.stringMatching(/"private": is a private key.*"weak": an RSA key of 1024 bits/),
    ]);
    expect(said.join()).not.toContain(String(d.d));
  });

  it('without a usable key causes a warning about the missing algorithm, unless none was configured', async () => {
    const { remote } = await start(() => json({ keys: [A] }), { algorithms: ['RS256'] });
    expect(said).toEqual([
      expect.stringMatching(/no key of jwks.algorithms \(RS256\), but of ES256/),
    ]);
    await remote.refresh();
    expect(said).toHaveLength(1);
    expect((await start(() => json({ keys: [A] }))).holds('a')).toBe(true);
  });
});

describe('the host’s own fetch', () => {
  // T-7pmz
  it('is told not to follow a redirect, and a response after a redirect is refused', async () => {
    const asked: unknown[] = [];
    const followed = Object.defineProperty(json({ keys: [A] }), 'redirected', { value: true });
    const { holds } = await start(() => followed, {
      fetch: (_url, init) => (asked.push(init.redirect), Promise.resolve(followed)),
    });
    expect([asked, holds('a')]).toEqual([['manual'], false]);
    expect(said).toEqual([expect.stringMatching(/redirect, which is not followed/)]);
  });
});

describe('node’s own fetch', () => {
  const serve = async (listener: RequestListener) => {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/jwks.json`;
    return { server, url };
  };

  it.each<readonly [name: string, listener: RequestListener, says: RegExp]>([
    [
      'a redirect to a good set',
      (request, response) => {
        if (request.url === '/there') response.end(JSON.stringify({ keys: [A] }));
        else response.writeHead(302, { location: '/there' }).end();
      },
      /redirect, which is not followed/,
    ],
    [
      'a connection that breaks',
      (request) => void request.socket.destroy(),
      /the connection broke .*\(\w+\)/,
    ],
    [
      'a body that never ends',
      (_request, response) => void response.write('{"keys":['),
      /did not come within 300 ms/,
    ],
  ])('%s: no key, and its own message', async (_name, listener, says) => {
    const { server, url } = await serve(listener);
    try {
      const { keyring } = await start(() => json({}), {
        url,
        fetch: undefined,
        deadline: says.source.includes('within') ? '300ms' : '20s',
      });
      expect([keyring.size, said]).toEqual([0, [expect.stringMatching(says)]]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  // T-fqqk
  it('does not request the target of a redirect, which may be a place that only this process can reach', async () => {
    const asked: string[] = [];
    const { server, url } = await serve((request, response) => {
      asked.push(String(request.url));
      response.writeHead(302, { location: '/inside' }).end();
    });
    try {
      await start(() => json({}), { url, fetch: undefined });
      expect(asked).toEqual(['/jwks.json']);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('reports that the connection was refused', async () => {
    const { server, url } = await serve(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    await start(() => json({}), { url, fetch: undefined });
    expect(said).toEqual([expect.stringMatching(/the connection was refused \(ECONNREFUSED\)/)]);
  });
});
