/**
 * A text is the body of a 200 that is sent instead. `lost`: the server did the work, but its answer never arrived.
 * `key`: 403 from then on, because the session is bound to a key.
 */
type Fault = number | 'network' | 'lost' | 'key' | { readonly text: string };

/**
 * The server's rules, as far as a client notices them: one use per refresh token (leeway 0), one session, cookies
 * shared by all tabs.
 */
export interface FakeServer {
  readonly fetch: typeof fetch;
  readonly seen: readonly {
    path: string;
    authorization: string | null;
    body: string;
    key: string | null;
  }[];
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

export function fakeServer(): FakeServer {
  const jar: { access?: string; refresh?: string } = {};
  const seen: { path: string; authorization: string | null; body: string; key: string | null }[] =
    [];
  const faults = new Map<string, Fault>();
  const held = new Map<string, Promise<void>>();
  const startedAt = Date.now();
  const begun = performance.now();
  let transport = 'cookie';
  let counter = 0;
  let access = '';
  let refresh = '';
  let spentTokensSeen = 0;
  let last: { presented: string; key: string | null; answered: object } | undefined;
  let finishSlow = (): void => undefined;
  const slow = new Promise<void>((resolve) => (finishSlow = resolve));

  const json = (status: number, body: object, headers: Record<string, string> = {}): Response =>
    new Response(JSON.stringify(body), { status, headers: { date: serverDate(), ...headers } });
  // the server's clock does not follow jumps of the client's
  const serverNow = (): number => startedAt + (performance.now() - begun);
  const serverDate = (): string => new Date(serverNow()).toUTCString();

  function grant(): object {
    counter += 1;
    access = `access-${counter}`;
    refresh = `refresh-${counter}`;
    if (transport === 'cookie') jar.access = access;
    if (transport !== 'bearer') jar.refresh = refresh;
    return {
      tokenType: 'Bearer',
      expiresIn: server.expiresIn,
      ...(transport !== 'cookie' && { accessToken: access }),
      ...(transport === 'bearer' && { refreshToken: refresh, device: 'device-1' }),
    };
  }

  function answer(
    path: string,
    authorization: string | null,
    body: string,
    token: string | undefined,
    key: string | null,
  ): Response {
    const input = (body.startsWith('{') ? JSON.parse(body) : {}) as Record<string, string>;
    const isIn = token !== undefined && token === access;
    switch (path) {
      case '/auth/login':
        transport = input['transport'] ?? 'cookie';
        return json(200, { user: { id: 'u1', email: input['email'] }, ...grant() });
      case '/auth/refresh': {
        const presented = transport === 'bearer' ? input['refreshToken'] : jar.refresh;
        if (presented && presented === refresh) {
          const answered = grant();
          last = { presented, key, answered };
          return json(200, answered);
        }
        if (key && presented === last?.presented && key === last?.key) {
          if (transport !== 'bearer') jar.refresh = refresh;
          return json(200, last.answered);
        }
        if (presented) spentTokensSeen += 1;
        return json(401, { message: 'Authentication failed' });
      }
      case '/auth/logout':
        Object.assign(jar, { access: undefined, refresh: undefined });
        access = refresh = '';
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
          expiresAt: new Date(serverNow() + server.expiresIn * 1000).toISOString(),
        });
      default:
        return isIn ? new Response(body, { status: 200 }) : json(401, { authorization });
    }
  }

  const server: FakeServer & { expiresIn: number } = {
    seen,
    expiresIn: 900,
    get spentTokensSeen() {
      return spentTokensSeen;
    },
    async fetch(input, init) {
      const request = new Request(input as string, init);
      const { pathname: path } = new URL(request.url);
      const authorization = request.headers.get('authorization');
      // cookies are attached when the request leaves
      const token = jar.access ?? authorization?.replace('Bearer ', '');
      const expected = access;
      const body = await request.text();
      seen.push({ path, authorization, body, key: request.headers.get('idempotency-key') });
      await new Promise((resolve) => setImmediate(resolve));
      if (path === '/slow' && token !== expected) await slow;
      const fault = faults.get(path);
      if (fault !== 'key') faults.delete(path);
      if (fault === 'network') throw new TypeError('fetch failed');
      if (typeof fault === 'object') return new Response(fault.text, { status: 200 });
      if (fault === 'key')
        return json(403, { message: 'Bound session required', code: 'device_required' });
      if (typeof fault === 'number')
        return json(fault, { message: `fault ${fault}` }, { 'retry-after': '7' });
      const key = request.headers.get('idempotency-key');
      if (fault === 'lost') {
        const cookies = { ...jar };
        answer(path, authorization, body, token, key);
        Object.assign(jar, cookies);
        throw new TypeError('fetch failed');
      }
      const answered = answer(path, authorization, body, token, key);
      await held.get(path);
      return answered;
    },
    count: (path) => seen.filter((request) => request.path === path).length,
    lastBody: (path) =>
      JSON.parse(seen.filter((request) => request.path === path).at(-1)?.body ?? 'null') as unknown,
    expireAccessTokens: () => {
      access = 'none';
    },
    endSession: () => {
      access = refresh = 'none';
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

/** `navigator.locks`, `BroadcastChannel` and `localStorage` as one browser would have them. */
export function fakeBrowser() {
  const globals = [
    ...(['navigator', 'BroadcastChannel', 'localStorage', 'document'] as const),
    ...(['location', 'addEventListener', 'removeEventListener'] as const),
  ];
  const before = globals.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  const messages: unknown[] = [];
  const stored: Record<string, string> = {};
  const lockNames: string[] = [];
  const held = new Set<string>();
  const queues = new Map<string, Promise<unknown>>();
  const shows = new Set<(event: { persisted: boolean }) => void>();
  let steal = (): void => undefined;

  class FakeChannel {
    static readonly all = new Set<FakeChannel>();
    onmessage: ((event: { data: unknown }) => void) | null = null;
    constructor(readonly name: string) {
      FakeChannel.all.add(this);
    }
    postMessage(data: unknown): void {
      messages.push(data);
      for (const other of FakeChannel.all)
        if (other !== this && other.name === this.name)
          setTimeout(() => other.onmessage?.({ data }), page.messageDelayMs);
    }
    close(): void {
      FakeChannel.all.delete(this);
    }
  }

  type Work = () => Promise<unknown>;
  interface LockOptions {
    readonly mode?: string;
    readonly steal?: boolean;
    readonly signal?: AbortSignal;
  }
  const locks = {
    request(
      name: string,
      { mode, steal: isTheft, signal }: LockOptions,
      work: Work,
    ): Promise<unknown> {
      lockNames.push(name);
      const run = async (): Promise<unknown> => {
        signal?.throwIfAborted();
        held.add(name);
        try {
          return await work();
        } finally {
          held.delete(name);
        }
      };
      if (mode === 'shared') return run();
      const turn = isTheft ? run() : (queues.get(name) ?? Promise.resolve()).then(run, run);
      queues.set(name, turn);
      const refused = new Promise<never>((_, reject) => {
        steal = () => {
          queues.delete(name);
          reject(new Error('AbortError'));
        };
        signal?.addEventListener('abort', () => {
          reject(new Error('AbortError'));
        });
      });
      return Promise.race([turn, refused]);
    },
    query: () => Promise.resolve({ held: [...held].map((name) => ({ name })) }),
  };
  const define = (name: string, value: unknown): void =>
    void Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  define('navigator', { locks });
  define('BroadcastChannel', FakeChannel);
  define('document', {});
  define('addEventListener', (_name: string, show: (event: { persisted: boolean }) => void) =>
    shows.add(show),
  );
  define('removeEventListener', (_name: string, show: (event: { persisted: boolean }) => void) =>
    shows.delete(show),
  );
  define('localStorage', {
    getItem: (key: string) => stored[key] ?? null,
    setItem: (key: string, value: string) => void (stored[key] = value),
    removeItem: (key: string) => void Reflect.deleteProperty(stored, key),
  });

  const page = {
    messages,
    stored,
    lockNames,
    /** How late a message comes; a real one may come before or after the lock. */
    messageDelayMs: 2,
    store: (key: string, value: string) => void (stored[key] = value),
    /** Takes the lock from the client that asked for it last. */
    stealLock: () => steal(),
    pageshow: (persisted: boolean) => shows.forEach((show) => show({ persisted })),
    at: (url: string) => define('location', new URL(url)),
    withoutLocks: () => define('navigator', {}),
    restore: () =>
      globals.forEach((name, at) => {
        const descriptor = before[at];
        if (descriptor) Object.defineProperty(globalThis, name, descriptor);
        else Reflect.deleteProperty(globalThis, name);
      }),
  };
  return page;
}
