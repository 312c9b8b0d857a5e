// Runs in a worker: a client that shares its store with the page's, and does what the page asks it to.
import { type AuthClient, createAuthClient } from '@tokenward/client';
import { sharedStore } from './shared-store.js';

const auth: AuthClient = createAuthClient({
  transport: 'bearer',
  store: sharedStore(),
  refreshAheadMs: 0,
});
const events: string[] = [];
for (const name of ['signedIn', 'refreshed'] as const) auth.on(name, () => void events.push(name));
auth.on('signedOut', ({ reason }) => void events.push(`signedOut: ${reason}`));

const asks = {
  events: () => events,
  status: async (path: string) => (await auth.fetch(path)).status,
  session: async () => (await auth.session())?.id,
};
export type Ask = keyof typeof asks;

globalThis.onmessage = ({
  data,
  ports,
}: MessageEvent<{ readonly ask: Ask; readonly path: string }>) =>
  void Promise.resolve(asks[data.ask](data.path)).then((answer) => ports[0]?.postMessage(answer));
