// `npm run flood`: minutes of flood from one address against the built demo and the orders service, on servers of their
// own.
//   --seconds N   how long the flood lasts; default 600
//   --page        writes docs/assurance/flood.md
// DATABASE_URL, REDIS_URL: servers to use instead of its own (throw-away ones: tables are made and left).
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startDemo, startOrders, startServers } from './support/servers.mjs';
import { attacks } from './support/floods.mjs';
import { rowsByTable, sample, watch } from './support/flood-watch.mjs';
import { printFlood, writeFloodPage } from './support/flood-report.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    page: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > 3_600)
  throw new Error('--seconds must be a whole number from 1 to 3600');

const PASSWORD = 'flood-passphrase-1';
/** Honest logins are a second apart, each of another of these, so that none meets a limit of its own. */
const HONEST = Array.from({ length: 20 }, (_, n) => `honest${n}@example.com`);
const QUIET_SECONDS = Math.min(30, seconds);
/** Longer than a socket without a token is kept, and than audit records wait. */
const SETTLE_MS = 8_000;

const undo = [];
try {
  const servers = await startServers();
  undo.push(servers.stop);
  const demo = await startDemo({
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
    LOGIN_THROTTLE: '10/100/100/15m',
    // the honest come from other addresses: this script plays the proxy
    TRUST_PROXY: 'loopback',
    DEMO_USERS: [...HONEST, 'eve@example.com']
      .map((email) => `${email}:${PASSWORD}:user`)
      .join(','),
  });
  undo.push(demo.stop);
  const orders = await startOrders({
    REDIS_URL: servers.redisUrl,
    JWKS_URL: `${demo.url}/.well-known/jwks.json`,
  });
  undo.push(orders.stop);
  const pool = new pg.Pool({ connectionString: servers.databaseUrl, max: 2 });
  undo.push(() => pool.end());

  const phases = {};
  const at = async (name, work) => {
    console.log(`· ${name}`);
    phases[name] = {
      ...(await work()),
      rows: await rowsByTable(pool),
      ...(await sample(demo, orders)),
    };
  };
  let turn = 0;
  const honest = (forSeconds) =>
    watch(demo, {
      forSeconds,
      login: () => ({
        email: HONEST[turn % HONEST.length],
        password: PASSWORD,
        ip: `192.0.2.${(turn++ % 200) + 1}`,
      }),
    });
  await at('before', () => honest(QUIET_SECONDS));
  const flood = await attacks({ demo, orders, email: 'eve@example.com', password: PASSWORD });
  await at('during', async () => {
    flood.start();
    const seen = await honest(seconds);
    return { ...seen, sent: flood.sent };
  });
  await flood.stop();
  await delay(SETTLE_MS);
  await at('after', () => honest(QUIET_SECONDS));
  printFlood(phases, seconds);
  if (values.page) await writeFloodPage(phases, seconds);
} finally {
  for (const step of undo.reverse()) await step();
}
