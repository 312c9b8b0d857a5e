/**
 * A text is the body of a 200 that is sent instead. `lost`: the server did the work, but its answer never arrived.
 * `key`: 403 from then on, because the session is bound to a key.
 */
type Fault = number | 'network' | 'lost' | 'key' | { readonly text: string };

interface Asked {
  readonly path: string;
  readonly authorization: string | null;
  readonly body: string;
  readonly key: string | null;
}

/**
 * The server's rules, as far as a client notices them: one use per refresh token (leeway 0), one session, cookies
 * shared by all tabs.
 */
export interface FakeServer {
  readonly fetch: typeof fetch;
  readonly seen: readonly Asked[];
  expiresIn: number;
  /** Reuse: how often a spent token was presented. */
  readonly spentTokensSeen: number;
  count(path: string): number;
  lastBody(path: string): unknown;
  expireAccessTokens(): void;
  endSession(): void;
  failNext(path: string, fault: Fault): void;
  /** The server does the work, but holds the answer back until the returned function is called. */
  holdNext(path: string): () => void;
  finishSlow(): void;
}

/** The one session by the server's rules, whatever happens to requests and answers on their way. */
function sessionRules(expiresIn: () => number) {
  const startedAt = Date.now();
  const begun = performance.now();
  let transport = 'cookie';
  let counter = 0;
  let last: { presented: string; key: string | null; answered: object } | undefined;
  const rules = {
    /** The browser's cookies. */
    jar: {} as { access?: string | undefined; refresh?: string | undefined },
    access: '',
    refresh: '',
    spentTokensSeen: 0,
    answer,
    json,
  };

  // the server's clock does not follow jumps of the client's
  function serverNow(): number {
    return startedAt + (performance.now() - begun);
  }
  function json(status: number, body: object, headers: Record<string, string> = {}): Response {
    const date = new Date(serverNow()).toUTCString();
    return new Response(JSON.stringify(body), { status, headers: { date, ...headers } });
  }

  function grant(): object {
    counter += 1;
    rules.access = `access-${counter}`;
    rules.refresh = `refresh-${counter}`;
    if (transport === 'cookie') rules.jar.access = rules.access;
    if (transport !== 'bearer') rules.jar.refresh = rules.refresh;
    return {
      tokenType: 'Bearer',
      expiresIn: expiresIn(),
      ...(transport !== 'cookie' && { accessToken: rules.access }),
      ...(transport === 'bearer' && { refreshToken: rules.refresh, device: 'device-1' }),
    };
  }

  function rotate(presented: string | undefined, key: string | null): Response {
    if (presented && presented === rules.refresh) {
      const answered = grant();
      last = { presented, key, answered };
      return json(200, answered);
    }
    if (key && presented === last?.presented && key === last?.key) {
      if (transport !== 'bearer') rules.jar.refresh = rules.refresh;
      return json(200, last.answered);
    }
    if (presented) rules.spentTokensSeen += 1;
    return json(401, { message: 'Authentication failed' });
  }

  function answer({ path, authorization, body, key }: Asked, token: string | undefined): Response {
    const input = (body.startsWith('{') ? JSON.parse(body) : {}) as Record<string, string>;
    const isIn = token !== undefined && token === rules.access;
    switch (path) {
      case '/auth/login':
        transport = input['transport'] ?? 'cookie';
        return json(200, { user: { id: 'u1', email: input['email'] }, ...grant() });
      case '/auth/refresh':
        return rotate(transport === 'bearer' ? input['refreshToken'] : rules.jar.refresh, key);
      case '/auth/logout':
        Object.assign(rules.jar, { access: undefined, refresh: undefined });
        rules.access = rules.refresh = '';
        return new Response(null, { status: 204 });
      case '/auth/password':
        return isIn ? json(200, grant()) : json(401, { message: 'Authentication failed' });
      case '/step-up':
        return json(
          401,
          {},
          { 'www-authenticate': 'Bearer error="insufficient_user_authentication"' },
        );
      case '/always-401':
        return json(401, {});
      case '/auth/me':
        if (!isIn) return json(401, {});
        return json(200, {
          id: 'u1',
          expiresAt: new Date(serverNow() + expiresIn() * 1000).toISOString(),
        });
      default:
        return isIn ? new Response(body, { status: 200 }) : json(401, { authorization });
    }
  }
  return rules;
}

export function fakeServer(): FakeServer {
  const seen: Asked[] = [];
  const faults = new Map<string, Fault>();
  const held = new Map<string, Promise<void>>();
  let finishSlow = (): void => undefined;
  const slow = new Promise<void>((resolve) => (finishSlow = resolve));
  const rules = sessionRules(() => server.expiresIn);
  const { json } = rules;

  /** The answer, or what comes in its place. */
  function answerOrFault(asked: Asked, token: string | undefined): Response {
    const { path } = asked;
    const fault = faults.get(path);
    if (fault !== 'key') faults.delete(path);
    if (fault === 'network') throw new TypeError('fetch failed');
    if (typeof fault === 'object') return new Response(fault.text, { status: 200 });
    if (fault === 'key')
      return json(403, { message: 'Bound session required', code: 'device_required' });
    if (typeof fault === 'number')
      return json(fault, { message: `fault ${fault}` }, { 'retry-after': '7' });
    const cookies = { ...rules.jar };
    const answered = rules.answer(asked, token);
    if (fault !== 'lost') return answered;
    Object.assign(rules.jar, cookies);
    throw new TypeError('fetch failed');
  }

  const server: FakeServer = {
    seen,
    expiresIn: 900,
    get spentTokensSeen() {
      return rules.spentTokensSeen;
    },
    async fetch(input, init) {
      const request = new Request(input as string, init);
      const { pathname: path } = new URL(request.url);
      const { headers } = request;
      const authorization = headers.get('authorization');
      // cookies are attached when the request leaves
      const token = rules.jar.access ?? authorization?.replace('Bearer ', '');
      const expected = rules.access;
      const body = await request.text();
      const asked = { path, authorization, body, key: headers.get('idempotency-key') };
      seen.push(asked);
      await new Promise((resolve) => setImmediate(resolve));
      if (path === '/slow' && token !== expected) await slow;
      const answered = answerOrFault(asked, token);
      await held.get(path);
      return answered;
    },
    count: (path) => seen.filter((request) => request.path === path).length,
    lastBody: (path) =>
      JSON.parse(seen.filter((request) => request.path === path).at(-1)?.body ?? 'null') as unknown,
    expireAccessTokens: () => {
      rules.access = 'none';
    },
    endSession: () => {
      rules.access = rules.refresh = 'none';
    },
    failNext: (path, fault) => void faults.set(path, fault),
    holdNext(path) {
      let release = (): void => undefined;
      held.set(path, new Promise((resolve) => (release = resolve)));
      return () => {
        held.delete(path);
        release();
      };
    },
    finishSlow: () => {
      finishSlow();
    },
  };
  return server;
}
