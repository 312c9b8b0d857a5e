// Runs in the browser: a minimal page around the client. An injected script could read its variables.
import { type AuthClient, type AuthClientOptions, createAuthClient } from '@tokenward/client';
import { createDpopClient, type DpopClient } from '@tokenward/client/dpop';
import { AuthProvider, RequireUser, useSession, useUser } from '@tokenward/client/react';
import { createElement, StrictMode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import type { Ask } from './harness-worker.js';
import { sharedStore } from './shared-store.js';

let auth: AuthClient;
let worker: Worker;
let island: Root;

const harness = {
  events: [] as string[],
  messages: [] as unknown[],
  /** A value that a probe must find to show that it works. */
  canary: new Map([['deep', { secret: ['smuggled-canary'] }]]),

  open: (options: AuthClientOptions = {}): void => harness.follow(createAuthClient(options)),
  follow(client: AuthClient): void {
    auth = client;
    Object.assign(globalThis, { auth });
    for (const name of ['signedIn', 'refreshed'] as const)
      auth.on(name, () => void harness.events.push(name));
    auth.on('signedOut', ({ reason }) => void harness.events.push(`signedOut: ${reason}`));
  },
  openWithKey: () => harness.follow(createDpopClient({ transport: 'hybrid', refreshAheadMs: 0 })),
  /** The key of a proof, and whether a script can export it. */
  async key(): Promise<{ readonly x: string; readonly isSafe: boolean }> {
    const proof = await (auth as DpopClient).proofFor('GET', location.href);
    const header = atob((proof ?? '').split('.', 1)[0] ?? '');
    const { jwk } = JSON.parse(header) as { jwk: { x: string } };
    const pairs = await keptKeys();
    const taken = await Promise.all(
      pairs.map(({ privateKey }) =>
        Promise.any(
          (['jwk', 'pkcs8'] as const).map((format) =>
            crypto.subtle.exportKey(format as 'jwk', privateKey),
          ),
        ).then(
          () => true,
          () => false,
        ),
      ),
    );
    return { x: jwk.x, isSafe: pairs.length === 1 && !taken.includes(true) };
  },
  /** Clears the storage, before a client is opened. */
  async loseKey(): Promise<void> {
    for (const { name = '' } of await indexedDB.databases())
      await new Promise((resolve, reject) => {
        const deleting = indexedDB.deleteDatabase(name);
        deleting.onsuccess = resolve;
        deleting.onblocked = reject;
      });
  },
  /** A `bearer` client, and another one in a worker; they share a store. */
  openWithWorker(): void {
    harness.open({ transport: 'bearer', store: sharedStore(), refreshAheadMs: 0 });
    worker = new Worker('/harness-worker.js');
  },
  askWorker: (ask: Ask, path = '') =>
    new Promise<unknown>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => resolve(data);
      worker.postMessage({ ask, path }, [port2]);
    }),
  /** The messages between the tabs. */
  eavesdrop(): void {
    const channel = new BroadcastChannel(`tokenward:${auth.authUrl}`);
    channel.onmessage = ({ data }) => harness.messages.push(data);
  },
  login: (email: string, password: string) => auth.login({ email, password }),
  logout: () => auth.logout(),
  session: () => auth.session(),
  refresh: () => auth.refresh(),
  status: async (path: string) => (await auth.fetch(path)).status,
  endOthers: async () => (await auth.fetch('/auth/sessions', { method: 'DELETE' })).status,

  /** How the events feed closes, once it is ready. */
  async socket(): Promise<void> {
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/events`);
    socket.onclose = ({ code }) => harness.events.push(`socket closed: ${code}`);
    await new Promise((resolve, reject) => {
      socket.onmessage = resolve;
      socket.onerror = () => reject(new Error('the socket failed'));
    });
  },

  /** Under StrictMode, which mounts everything twice; and another root with the same client. */
  renderReact(): void {
    const View = () => createElement('p', { id: 'who' }, useSession().status);
    const Name = () => createElement('p', { id: 'guarded' }, useUser()?.email);
    const signedOut = createElement('p', { id: 'guarded' }, 'sign in');
    const children = [
      createElement(View, { key: 'view' }),
      createElement(RequireUser, { key: 'guard', signedOut }, createElement(Name)),
    ];
    createRoot(document.body).render(
      createElement(StrictMode, null, createElement(AuthProvider, { client: auth }, ...children)),
    );
    island = createRoot(document.createElement('div'));
    island.render(createElement(AuthProvider, { client: auth }));
  },
  /** Resolves when a client without a provider would be closed. */
  leaveIsland(): Promise<void> {
    island.unmount();
    return new Promise((resolve) => setTimeout(resolve));
  },

  /** Everything that a script on the page can read without a request. */
  async loot(): Promise<string> {
    const locks = await navigator.locks.query();
    return JSON.stringify([
      document.cookie,
      { ...localStorage },
      { ...sessionStorage },
      await indexedDB.databases(),
      await caches.keys(),
      history.state,
      performance.getEntries(),
      harness.messages,
      locks,
      reachable(globalThis),
    ]);
  },
};

/** The contents of the page's databases. */
async function keptKeys(): Promise<CryptoKeyPair[]> {
  const [{ name = '' } = {}] = await indexedDB.databases();
  const database = await new Promise<IDBDatabase>((resolve) => {
    const opening = indexedDB.open(name);
    opening.onsuccess = () => resolve(opening.result);
  });
  const [store = ''] = database.objectStoreNames;
  const all = database.transaction(store).objectStore(store).getAll() as IDBRequest<
    { pair: CryptoKeyPair }[]
  >;
  await new Promise((resolve) => (all.onsuccess = resolve));
  database.close();
  return all.result.map(({ pair }) => pair);
}

export type Harness = typeof harness;
Object.assign(globalThis, { harness });

/** Every text reachable from a global at any depth, through properties, getters and maps. */
function reachable(root: unknown): string[] {
  const texts = new Set<string>();
  const seen = new Set<unknown>();
  const found: unknown[] = [root];
  for (const value of found) {
    if (typeof value === 'string') texts.add(value);
    if (typeof value === 'function') texts.add(String(value));
    if (value === null || !['object', 'function'].includes(typeof value) || seen.has(value))
      continue;
    seen.add(value);
    if (value instanceof Map || value instanceof Set)
      found.push(...value.values(), ...value.keys());
    for (const key of Reflect.ownKeys(value as object)) {
      try {
        found.push((value as Record<PropertyKey, unknown>)[key] ?? null);
      } catch {
        continue; // a getter that needs another `this`
      }
    }
  }
  return [...texts];
}
