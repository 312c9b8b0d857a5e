// How long after a logout was answered by one process another one still accepts the access token.
// node bench/revocation-propagation.mjs [revocations = 500]
import { countOf } from '../tools/arguments.mjs';
import { startDemo, startServers } from './support/servers.mjs';
import { report } from './support/revocation-report.mjs';
import { summary } from './support/statistics.mjs';

const REVOCATIONS = countOf(500);
const USERS = 10;
const password = 'bench-passphrase-1';
const users = Array.from({ length: USERS }, (_, i) => `bench${i}@example.com`);

const WARM_UP = 20;
const servers = await startServers();
const rows = [];
try {
  for (const feed of ['redis', 'postgres alone']) {
    const env = {
      DATABASE_URL: servers.databaseUrl,
      ...(feed === 'redis' ? { REDIS_URL: servers.redisUrl } : {}),
      DEMO_USERS: users.map((email) => `${email}:${password}:user`).join(','),
      JWT_ALGORITHM: 'HS256',
      JWT_SECRET: 'YmVuY2ggc2VjcmV0IGJlbmNoIHNlY3JldCBiZW5jaCBzZWNyZXQh',
    };
    const [a, b] = await Promise.all([startDemo(env), startDemo(env)]);
    const took = [];
    for (let i = -WARM_UP; i < REVOCATIONS; i++) {
      const ms = await one(a.url, b.url, users[(i + WARM_UP) % USERS]);
      if (i >= 0) took.push(ms);
    }
    const { n, p50, p99, max } = summary(took);
    rows.push({ feed, revocations: n, 'p50 ms': p50, 'p99 ms': p99, 'max ms': max });
    await Promise.all([a.stop(), b.stop()]);
  }
  report('From the answer of a logout to the last request that another process accepted', rows);
} finally {
  await servers.stop();
}

async function one(a, b, email) {
  const login = await fetch(`${a}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password, transport: 'bearer' }),
  });
  if (!login.ok) throw new Error(`login answered ${login.status}`);
  const { accessToken } = await login.json();
  const headers = { authorization: `Bearer ${accessToken}` };
  const ask = async () => {
    const answer = await fetch(`${b}/me`, { headers });
    await answer.arrayBuffer();
    return answer.status;
  };
  if ((await ask()) !== 200) throw new Error('the token was not accepted before its revocation');
  const logout = await fetch(`${a}/auth/logout`, { method: 'POST', headers });
  if (logout.status !== 204) throw new Error(`logout answered ${logout.status}`);
  const answeredAt = performance.now();
  for (;;) {
    // an answer counts from when it was asked for: the last accepted request was sent then
    const sentAt = performance.now();
    if ((await ask()) === 401) return sentAt - answeredAt;
  }
}
