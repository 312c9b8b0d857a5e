type Work = () => Promise<unknown>;
interface LockOptions {
  readonly mode?: string;
  readonly steal?: boolean;
  readonly signal?: AbortSignal;
}

/** `navigator.locks`: one holder of a name at a time, in the order of the requests. */
function fakeLocks() {
  const lockNames: string[] = [];
  const held = new Set<string>();
  const queues = new Map<string, Promise<unknown>>();
  let steal = (): void => undefined;
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
  /** Takes the lock from the client that asked for it last. */
  const stealLock = (): void => steal();
  return { locks, lockNames, stealLock };
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
  const shows = new Set<(event: { persisted: boolean }) => void>();
  const { locks, lockNames, stealLock } = fakeLocks();

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
    stealLock,
    pageshow: (persisted: boolean) => shows.forEach((show) => show({ persisted })),
    at: (url: string) => define('location', new URL(url)),
    withoutLocks: () => define('navigator', {}),
    withoutStorage: () => define('localStorage', null),
    restore: () =>
      globals.forEach((name, at) => {
        const descriptor = before[at];
        if (descriptor) Object.defineProperty(globalThis, name, descriptor);
        else Reflect.deleteProperty(globalThis, name);
      }),
  };
  return page;
}
