import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { serverAuth, type ServerAuthOptions } from './server.js';

/**
 * The API as a rendering server sees it: one use per refresh token, a replay for the same key, cookies for each user.
 */
function fakeApi() {
  const owners = new Map<string, string>([
    ['access-ada', 'ada'],
    ['r-ada', 'ada'],
    ['r-bob', 'bob'],
  ]);
  const spent = new Map<string, { key: string | null; line: string[] }>();
  const seen: { line: string; headers: Headers }[] = [];
  const faults: ('lost' | 503)[] = [];
  let reuse = 0;

  const cookieOf = (headers: Headers, name: string) =>
    new RegExp(`(?:^|; )${name}=([^;]*)`).exec(headers.get('cookie') ?? '')?.[1] ?? '';
  function refresh(headers: Headers): Response {
    const token = cookieOf(headers, 'refresh_token');
    const key = headers.get('idempotency-key');
    const before = spent.get(token);
    const owner = owners.get(token);
    if (!owner || (before && before.key !== key)) {
      if (before) reuse++;
      return new Response('{}', {
        status: 401,
        headers: [['set-cookie', 'refresh_token=; Path=/; Max-Age=0']],
      });
    }
    const line = before?.line ?? [
      `access_token=access-${owner}-${spent.size}; Path=/; HttpOnly`,
      `refresh_token=${token}+; Path=/; HttpOnly`,
    ];
    spent.set(token, { key, line });
    owners.set(`access-${owner}-${spent.size - 1}`, owner).set(`${token}+`, owner);
    return new Response('{}', {
      headers: line.map((each): [string, string] => ['set-cookie', each]),
    });
  }
  const api = {
    seen,
    faults,
    get reuse() {
      return reuse;
    },
    count: (line: string) => seen.filter((request) => request.line === line).length,
    expire: () => owners.delete('access-ada'),
    async fetch(input: string | URL | Request, init?: RequestInit) {
      const { method, url, headers } = new Request(input, init);
      const line = `${method} ${new URL(url).pathname}`;
      seen.push({ line, headers });
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (line === 'POST /auth/refresh') {
        const fault = faults.shift();
        if (fault === 503) return new Response('{}', { status: 503 });
        const answer = refresh(headers);
        if (fault === 'lost') throw new TypeError('fetch failed');
        return answer;
      }
      const owner = owners.get(cookieOf(headers, 'access_token'));
      return owner ? Response.json({ id: owner }) : Response.json({}, { status: 401 });
    },
  };
  return api;
}

function serve(changes: Partial<ServerAuthOptions> = {}) {
  const api = fakeApi();
  const authOf = serverAuth({ apiUrl: 'http://api:3000/', fetch: api.fetch, ...changes });
  const always = { 'user-agent': 'Browser/1', 'x-forwarded-for': '192.0.2.7' };
  const arrive = (
    cookie: string,
    given?: { canSetCookies: boolean },
    more: Record<string, string> = {},
  ) => authOf({ headers: new Headers({ cookie, ...always, ...more }) }, given);
  return { api, arrive };
}

describe('a server that renders in front of the API', () => {
  it('sends the cookies of the request, and forwards the browser’s headers', async () => {
    const { api, arrive } = serve();
    const auth = arrive('theme=dark; access_token=access-ada');
    expect(await auth.session()).toMatchObject({ id: 'ada' });
    expect(auth.setCookies).toEqual([]);
    const [{ headers } = { headers: new Headers() }] = api.seen;
    expect(headers.get('user-agent')).toBe('Browser/1');
    expect(headers.get('x-forwarded-for')).toBe('192.0.2.7');
  });

  // T-v6hh
  it.each<[string, string, Record<string, string>, readonly (string | null)[]]>([
    [
      'a post',
      'POST',
      { origin: 'https://a.test', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
      ['https://a.test', 'cross-site'],
    ],
    [
      'a deletion',
      'delete',
      { origin: 'null', 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
      ['null', 'same-site'],
    ],
    [
      'what an image causes',
      'POST',
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
      [null, 'same-site'],
    ],
    [
      'what a link causes: not told',
      'POST',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
      [null, null],
    ],
    [
      'a read: not told',
      'GET',
      { origin: 'https://a.test', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
      [null, null],
    ],
    ['a post over plain http: not told', 'POST', { origin: 'http://a.test' }, [null, null]],
  ])('tells the API where the browser comes from with %s', async (_, method, from, told) => {
    const { api, arrive } = serve();
    await arrive('access_token=access-ada', undefined, from).fetch('/notes', { method });
    const { headers } = api.seen.at(-1) ?? { headers: new Headers() };
    expect(['origin', 'sec-fetch-site'].map((name) => headers.get(name))).toEqual(told);
  });

  it('refreshes whatever page the browser comes from', async () => {
    const { api, arrive } = serve();
    const from = { origin: 'https://a.test', 'sec-fetch-site': 'cross-site' };
    await arrive('refresh_token=r-ada', undefined, from).fetch('/notes', { method: 'POST' });
    const [refresh] = api.seen.filter(({ line }) => line === 'POST /auth/refresh');
    expect(refresh?.headers.get('sec-fetch-site')).toBeNull();
  });

  it('two cookies of one name are passed to the API as two, and are not used for a refresh', async () => {
    const { api, arrive } = serve();
    for (const line of [
      'access_token=planted; access_token=access-ada',
      'access_token=access-ada; access_token=planted',
    ]) {
      const auth = arrive(line);
      await auth.fetch('/notes');
      expect(api.seen.at(-1)?.headers.get('cookie')).toBe(line);
      expect(auth.cookie).toBe(line);
    }
    const twice = arrive('refresh_token=r-bob; refresh_token=r-ada');
    expect(await twice.session()).toBeUndefined();
    expect([api.count('POST /auth/refresh'), twice.setCookies]).toEqual([0, []]);
    const planted = arrive('access_token=planted; access_token=x; refresh_token=r-ada');
    expect(await planted.session()).toMatchObject({ id: 'ada' });
    expect(planted.cookie.match(/access_token=/g)).toHaveLength(1);
  });

  it('20 parts of one page at once: one refresh, whose cookies are passed on once', async () => {
    const { api, arrive } = serve();
    const auth = arrive('refresh_token=r-ada');
    const answers = await Promise.all(Array.from({ length: 20 }, () => auth.fetch('/notes')));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(api.count('POST /auth/refresh')).toBe(1);
    expect(auth.setCookies.map((line) => line.split('=')[0])).toEqual([
      'access_token',
      'refresh_token',
    ]);
    expect(auth.cookie).toBe('refresh_token=r-ada+; access_token=access-ada-0');
  });

  // T-wkqk
  it('20 renders of one page at once, and prefetches: one refresh, and each answer has the cookies', async () => {
    const { api, arrive } = serve();
    const renders = Array.from({ length: 20 }, () => arrive('refresh_token=r-ada'));
    const who = await Promise.all(renders.map((auth) => auth.session()));
    expect(who.map((session) => session?.id)).toEqual(renders.map(() => 'ada'));
    expect(api.count('POST /auth/refresh')).toBe(1);
    expect(new Set(renders.map(({ setCookies }) => setCookies.join()))).toHaveProperty('size', 1);
    expect(api.reuse).toBe(0);
  });

  // T-gwqr
  it('two users at once share nothing', async () => {
    const { api, arrive } = serve();
    const pages = ['r-ada', 'r-bob', 'r-ada', 'r-bob'].map((token) =>
      arrive(`refresh_token=${token}`),
    );
    const who = await Promise.all(pages.map((auth) => auth.session()));
    expect(who.map((session) => session?.id)).toEqual(['ada', 'bob', 'ada', 'bob']);
    expect(pages.map(({ cookie }) => /r-\w+/.exec(cookie)?.[0])).toEqual([
      'r-ada',
      'r-bob',
      'r-ada',
      'r-bob',
    ]);
    expect(api.count('POST /auth/refresh')).toBe(2);
  });

  it('a token refused before its time is refreshed once; one request is sent again, the next waits', async () => {
    const { api, arrive } = serve();
    api.expire();
    const auth = arrive('access_token=access-ada; refresh_token=r-ada');
    const first = auth.fetch('/notes');
    while (api.count('POST /auth/refresh') === 0) await new Promise((r) => setTimeout(r, 1));
    const meanwhile = auth.fetch('/tags');
    expect([(await first).status, (await meanwhile).status]).toEqual([200, 200]);
    expect([api.count('GET /notes'), api.count('POST /auth/refresh')]).toEqual([2, 1]);
    expect(api.count('GET /tags')).toBe(1);
  });

  it('parts of one page at once with a token refused before its time: one refresh, and each is sent again', async () => {
    const { api, arrive } = serve();
    api.expire();
    const auth = arrive('access_token=access-ada; refresh_token=r-ada');
    const [session, ...answers] = await Promise.all([
      auth.session(),
      auth.fetch('/notes'),
      auth.fetch('/tags'),
    ]);
    expect(session).toMatchObject({ id: 'ada' });
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(api.count('POST /auth/refresh')).toBe(1);
  });

  it.each([
    ['a stream', () => new Blob(['flow']).stream()],
    ['a stream of Node', () => Readable.from([Buffer.from('flow')])],
  ])(
    '%s is not sent again: the caller sees the 401, and the next call succeeds',
    async (_, body) => {
      const { api, arrive } = serve();
      api.expire();
      const auth = arrive('access_token=access-ada; refresh_token=r-ada');
      const post = { method: 'POST', duplex: 'half' };
      const send = () => auth.fetch('/notes', { ...post, body: body() as ReadableStream });
      expect((await send()).status).toBe(401);
      expect((await send()).status).toBe(200);
      expect([api.count('POST /notes'), api.count('POST /auth/refresh')]).toEqual([2, 1]);
    },
  );

  it.each(['access_token=access-ada; refresh_token=r-ada', 'refresh_token=r-ada'])(
    'while nothing can be refreshed, a 401 is not taken for a refusal (%s)',
    async (cookie) => {
      const { api, arrive } = serve();
      api.expire();
      api.faults.push(503, 503);
      const response = await arrive(cookie).fetch('/notes');
      expect([response.status, await response.json()]).toMatchObject([
        503,
        { code: 'unavailable' },
      ]);
      expect((await arrive(cookie).fetch('/notes')).status).toBe(200);
    },
  );

  it('a lost answer, and an outage after it, do not end the session', async () => {
    const { api, arrive } = serve();
    api.faults.push('lost');
    expect(await arrive('refresh_token=r-ada').session()).toMatchObject({ id: 'ada' });
    api.faults.push('lost', 503);
    await expect(arrive('refresh_token=r-bob').session()).rejects.toMatchObject({ status: 503 });
    expect(await arrive('refresh_token=r-bob').session()).toMatchObject({ id: 'bob' });
    expect(api.reuse).toBe(0);
  });

  it('a refusal is passed on, and nobody is signed in', async () => {
    const { arrive } = serve();
    const auth = arrive('refresh_token=forged');
    expect(await auth.session()).toBeUndefined();
    expect(auth.setCookies).toEqual(['refresh_token=; Path=/; Max-Age=0']);
    expect(auth.cookie).toBe('');
  });

  it('a token is not spent where a cookie can no longer be set', async () => {
    const { api, arrive } = serve();
    const auth = arrive('refresh_token=r-ada', { canSetCookies: false });
    expect(await auth.session()).toBeUndefined();
    expect(api.count('POST /auth/refresh')).toBe(0);
  });

  it.each(['http://elsewhere.test/steal', '//elsewhere.test/steal'])(
    'sends its cookies to the API alone, not to %s',
    async (path) => {
      const hosts: string[] = [];
      const { arrive } = serve({
        fetch: (input) => {
          hosts.push(new URL(input as string).host);
          return Promise.resolve(new Response());
        },
      });
      await arrive('access_token=access-ada').fetch(path);
      expect(hosts).toEqual(['api:3000']);
    },
  );
});
