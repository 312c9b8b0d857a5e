import { appendFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import {
  type AuthClient,
  createAuthClient,
  type StoredTokens,
  type UserBody,
} from '@tokenward/client';
import pg from 'pg';
import { fakeBrowser } from '../libs/client/src/fake-browser.fixture.js';
import { type CookieJar, cookieJar } from './support/cookie-jar.js';
import { createDatabase, type TestDatabase } from './support/databases.js';
import { type Demo, startDemo } from './support/demo.js';
import { type LossyDoor, openLossyDoor } from './support/lossy-door.js';
import { type TcpProxy, tcpProxy } from './support/proxy.js';
import { STAGE_TIMEOUT_MS } from './support/stage.js';
import { until } from './support/until.js';

/** `npm run loss` asks for 1,000 and where to write what became of them. */
const TRIALS = Number(process.env['LOSS_TRIALS'] ?? 30);
const REPORT = process.env['LOSS_REPORT'];
const credentials = { email: 'ada@example.com', password: 'a quiet harbour at dawn' };

const TRANSPORTS = ['cookie', 'hybrid', 'bearer'] as const;
const POINTS = [
  'before the statement',
  'inside the statement',
  'after the statement',
  'between the packets of the answer',
  'page closed, app killed: no answer',
  'page closed, app killed: an answer nobody read',
  'process killed',
] as const;
type Transport = (typeof TRANSPORTS)[number];
type Point = (typeof POINTS)[number];
/** A process takes seconds to come back: one of so many. */
const KILL_EVERY = 29;

let database: TestDatabase;
let postgres: TcpProxy;
let demo: Demo;
let door: LossyDoor;
let pool: pg.Pool;
let browser: ReturnType<typeof fakeBrowser>;
const env = () => ({
  DATABASE_URL: postgres.url,
  LOGIN_THROTTLE: 'off',
  REUSE_LEEWAY: '0',
  DEMO_USERS: `${credentials.email}:${credentials.password}:user`,
});

jest.setTimeout(60_000 + TRIALS * 5_000);
beforeAll(async () => {
  database = await createDatabase();
  postgres = await tcpProxy(database.url);
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
  demo = await startDemo({ env: env() });
  door = await openLossyDoor(demo.port);
}, STAGE_TIMEOUT_MS);
afterAll(async () => {
  await door?.close();
  await demo?.stop();
  await pool?.end();
  await postgres?.close();
  await database?.drop();
});
beforeEach(() => {
  browser = fakeBrowser();
});
afterEach(() => browser.restore());

/** A browser or a phone: what is left when its page is closed or its app is killed. */
function device(transport: Transport) {
  const jar: CookieJar = cookieJar();
  let kept: StoredTokens | undefined;
  const clients: AuthClient[] = [];
  let isGone = false;
  const send: typeof fetch = async (input, init) => {
    const request = new Request(input, { ...init, keepalive: false });
    const cookie = jar.header(new URL(request.url).pathname);
    if (cookie) request.headers.set('cookie', cookie);
    const response = await fetch(request);
    if (!isGone && transport !== 'bearer') jar.store(response.headers.getSetCookie());
    return response;
  };
  return {
    refreshToken: () =>
      (transport === 'bearer' ? kept?.refreshToken : jar.get('refresh_token')) ?? '',
    /** What is on its way reaches nobody; with `isStored` the browser still takes its cookies. */
    leave(isStored: boolean): void {
      isGone = !isStored;
      for (const client of clients.splice(0)) client.close();
    },
    open(): AuthClient {
      isGone = false;
      const store = {
        get: () => kept,
        set: (tokens: StoredTokens | undefined) => void (kept = tokens),
      };
      const isBearer = transport === 'bearer';
      const client = createAuthClient({
        baseUrl: door.url,
        transport,
        refreshAheadMs: 0,
        fetch: send,
        ...(isBearer && { store }),
      });
      clients.push(client);
      return client;
    },
  };
}

async function restart(): Promise<void> {
  const { port, dataDir } = demo;
  await demo.kill('SIGKILL');
  demo = await startDemo({ env: env(), port, dataDir });
}

/** A busy machine, too, answers 503; a client comes back. */
async function settled<T>(ask: () => Promise<T>, isBusy: (answer: T) => boolean): Promise<T> {
  for (let left = 100; ; left--) {
    const answer = await ask();
    if (!isBusy(answer) || left === 0) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const refreshed = (client: AuthClient) =>
  settled(
    () => client.refresh(),
    (result) => result === 'unavailable',
  );

/** One refresh whose answer gets lost at `point`, and what became of the session. */
async function trial(transport: Transport, point: Point) {
  const { leave, open, refreshToken } = device(transport);
  let client = open();
  const { id } = (await client.login(credentials)) as UserBody;
  const spent = refreshToken();
  const isLeft = point.startsWith('page');
  let restarting: Promise<void> | undefined;

  if (isLeft) {
    door.loseNext(point.endsWith('no answer') ? 'after' : undefined);
    const pending = client.refresh();
    await until(() => door.successors.has(spent));
    leave(point.endsWith('nobody read') && transport !== 'bearer');
    await pending;
    client = open();
  } else {
    if (point === 'before the statement') door.loseNext('before');
    if (point === 'inside the statement') door.loseNext(undefined, () => postgres.cutOnce());
    if (point === 'after the statement') door.loseNext('after');
    if (point === 'between the packets of the answer') door.loseNext('head');
    if (point === 'process killed') door.loseNext('after', () => void (restarting = restart()));
    await client.refresh();
    await restarting;
  }
  const isKept = (await refreshed(client)) === 'refreshed';
  const me = () => client.fetch('/me');
  const isIn = isKept && (await settled(me, ({ status }) => status === 503)).status === 200;
  const isSingle = [...door.successors.values()].every(({ size }) => size === 1);

  const steal = () =>
    fetch(`${demo.url}/auth/refresh`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(transport !== 'bearer' && { cookie: `refresh_token=${spent}` }),
      },
      ...(transport === 'bearer' && { body: JSON.stringify({ refreshToken: spent }) }),
    });
  const theft = await settled(steal, ({ status }) => status === 503);
  const { rows } = await pool.query<{ open: string }>(
    'select count(*) as open from auth_sessions where subject = $1 and ended_at is null',
    [id],
  );
  const isCaught =
    theft.status === 401 && rows[0]?.open === '0' && (await refreshed(client)) === 'signedOut';
  leave(false);
  return { transport, point, isIn, isSingle, isCaught };
}

// T-8rsz
it('an answer lost at any point ends no session at leeway 0, and a thief is still detected', async () => {
  const outcomes: Awaited<ReturnType<typeof trial>>[] = [];
  const common = POINTS.filter((point) => point !== 'process killed');
  for (let at = 0; at < TRIALS; at++) {
    const transport = TRANSPORTS[at % TRANSPORTS.length] as Transport;
    const point =
      at % KILL_EVERY === KILL_EVERY - 1
        ? 'process killed'
        : common[Math.floor(at / 3) % common.length];
    const outcome = await trial(transport, point as Point);
    outcomes.push(outcome);
    if (REPORT) appendFileSync(REPORT, `${JSON.stringify(outcome)}\n`);
  }
  expect(outcomes.filter(({ isIn }) => !isIn)).toEqual([]);
  expect(outcomes.filter(({ isSingle }) => !isSingle)).toEqual([]);
  expect(outcomes.filter(({ isCaught }) => !isCaught)).toEqual([]);
  expect(outcomes).toHaveLength(TRIALS);
});
