// How long after one process answered a revocation others still accept what was revoked.
// node bench/revocation-propagation.mjs [revocations = 500] [--only logouts|keys]
//   logouts   an access token, at one other process
//   keys      an API key that is deleted, at three others, with Redis and once it is killed; and what 1,000 requests of one key ask of the stores
import { argumentsOf, countOf, refuse } from '../tools/arguments.mjs';
import { posted, refusedAfter, statusOf } from './support/propagation.mjs';
import { report } from './support/revocation-report.mjs';
import { startDemo, startOwnRedis, startServers } from './support/servers.mjs';
import { summary } from './support/statistics.mjs';

const SECTIONS = { logouts, keys };
const { values, words } = argumentsOf({ only: { type: 'string' } }, 'words');
const REVOCATIONS = countOf(500, words);
if (values.only !== undefined && !(values.only in SECTIONS))
  refuse(`--only takes one of ${Object.keys(SECTIONS).join(', ')}`);
const WARM_UP = 20;
const REQUESTS = 1_000;
const COUNTER = new URL('support/count-stores.mjs', import.meta.url).href;
const password = 'bench-passphrase-1';
const users = Array.from({ length: 10 }, (_, i) => `bench${i}@example.com`);

const servers = await startServers();
const envWith = (redisUrl) => ({
  DATABASE_URL: servers.databaseUrl,
  ...(redisUrl && { REDIS_URL: redisUrl }),
  DEMO_USERS: users.map((email) => `${email}:${password}:user`).join(','),
  JWT_ALGORITHM: 'HS256',
  JWT_SECRET: 'YmVuY2ggc2VjcmV0IGJlbmNoIHNlY3JldCBiZW5jaCBzZWNyZXQh',
});
try {
  for (const [name, section] of Object.entries(SECTIONS))
    if (values.only === undefined || values.only === name) await section();
} finally {
  await servers.stop();
}

async function logouts() {
  const rows = [];
  for (const feed of ['redis', 'postgres alone']) {
    const env = envWith(feed === 'redis' && servers.redisUrl);
    const [a, b] = await Promise.all([startDemo(env), startDemo(env)]);
    const took = await repeated(async (i) => {
      const token = await logIn(a.url, users[i % users.length]);
      return refusedAfter([b.url], token, () =>
        statusOf(`${a.url}/auth/logout`, token, { method: 'POST' }),
      );
    });
    rows.push({ feed, revocations: REVOCATIONS, ...figures(took) });
    await Promise.all([a.stop(), b.stop()]);
  }
  report('From the answer of a logout to the last request that another process accepted', rows);
}

async function keys() {
  const rows = [];
  const redis = await startOwnRedis(servers.dir);
  const env = envWith(redis.url);
  // the first makes the tables and the users
  const a = await startDemo(env);
  const others = await Promise.all([
    startDemo({ ...env, NODE_OPTIONS: `--import ${COUNTER}` }),
    ...[1, 2].map(() => startDemo(env)),
  ]);
  const token = await logIn(a.url, users[0]);
  const make = () => posted(`${a.url}/auth/api-keys`, { name: 'bench' }, token);
  try {
    const { key } = await make();
    report(`What requests of one API key write to the stores`, await asked(others[0].url, key));
    for (const feed of ['redis', 'redis killed']) {
      if (feed === 'redis killed') await redis.kill('SIGKILL');
      const took = await repeated(async () => {
        const { id, key } = await make();
        return refusedAfter(
          others.map(({ url }) => url),
          key,
          () => statusOf(`${a.url}/auth/api-keys/${id}`, token, { method: 'DELETE' }),
        );
      });
      rows.push({ feed, deletions: REVOCATIONS, processes: others.length, ...figures(took) });
    }
  } finally {
    await Promise.all([a, ...others].map((each) => each.stop()));
    await redis.kill('SIGKILL');
  }
  report(
    'From the answer of a deleted API key to the last request that another process accepted',
    rows,
  );
}

/** The first request is the proof that what is written is counted. */
async function asked(url, key) {
  for (let i = 0; i <= REQUESTS; i++) {
    const headers = { 'x-counted': i === 0 ? 'the first' : 'after it' };
    const status = await statusOf(`${url}/me`, key, { headers });
    if (status !== 200) throw new Error(`request ${i} of a key answered ${status}`);
  }
  const told = await fetch(url, { headers: { 'x-counted': 'tell' } });
  return Object.entries(await told.json()).map(([request, counts]) => ({ request, ...counts }));
}

async function logIn(url, email) {
  return (await posted(`${url}/auth/login`, { email, password, transport: 'bearer' })).accessToken;
}

/** What each of them took, without those that warm up. */
async function repeated(one) {
  const took = [];
  for (let i = -WARM_UP; i < REVOCATIONS; i++) {
    const each = await one(i + WARM_UP);
    if (i >= 0) took.push(...each);
  }
  return took;
}

function figures(took) {
  const { p50, p99, max } = summary(took);
  return { 'p50 ms': p50, 'p99 ms': p99, 'max ms': max };
}
