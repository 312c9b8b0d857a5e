// Does the time of a refused login, or of an ask for a link, tell whether the account exists? POST /auth/login,
// /auth/password/forgot and
// /auth/magic-link of the built demo, one request at a time over
// one kept-alive connection. Every round asks each case once, in a random order, so that whatever else the machine does
// hits all alike.
//   npm run bench:login [-- rounds]     exits 1 when the 95 % interval of unknown ÷ known is outside 0.95–1.05
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { countOf } from '../tools/arguments.mjs';

const ENTRY = fileURLToPath(new URL('../dist/apps/demo/src/main.js', import.meta.url));
const ROUNDS = countOf(100);
const WARM_UP = 10;
const TARGET = [0.95, 1.05];
const PASSWORD = 'the right one of this bench';

const unknown = (domain) => `nobody-${randomBytes(6).toString('hex')}@${domain}`;
/** Fresh names where the account must not exist, so that no cache can know them. */
const LOGINS = {
  'wrong password': () => ({
    email: 'known@example.com',
    password: randomBytes(12).toString('hex'),
  }),
  'unknown user': () => ({
    email: unknown('example.com'),
    password: randomBytes(12).toString('hex'),
  }),
  'disabled, right password': () => ({ email: 'disabled@example.com', password: PASSWORD }),
  'disabled, wrong password': () => ({
    email: 'disabled@example.com',
    password: randomBytes(12).toString('hex'),
  }),
  'unknown, odd but valid email': () => ({ email: odd(), password: PASSWORD }),
  'unknown, very long email': () => ({
    email: `${randomBytes(32).toString('hex')}@${'a'.repeat(60)}.${'b'.repeat(60)}.example`,
    password: PASSWORD,
  }),
};

const LINKS = {
  'known account': () => ({ email: 'known@example.com' }),
  'unknown user': () => ({ email: unknown('example.com') }),
  'disabled account': () => ({ email: 'disabled@example.com' }),
};
/** The first case is what the others are measured by. */
const ROUTES = [
  { path: '/auth/login', status: 401, cases: LOGINS },
  { path: '/auth/password/forgot', status: 202, cases: LINKS },
  { path: '/auth/magic-link', status: 202, cases: LINKS },
];

function odd() {
  const name = randomBytes(5).toString('hex');
  return [
    `O'${name}+tag/x=1@Example.COM`,
    `${name}.-_~!#$%&*@sub.example.co.uk`,
    `${name}@xn--bcher-kva.example`,
  ][randomInt(3)];
}

if (!existsSync(ENTRY)) {
  console.error('The demo is not built: npm run build');
  process.exit(1);
}
const demo = await startDemo();
try {
  await disable('disabled@example.com');
  for (const route of ROUTES) if (!report(route, await measure(route))) process.exitCode = 1;
} finally {
  await demo.stop();
}

async function measure({ path, status, cases }) {
  const samples = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  let body;
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const name of shuffled(Object.keys(cases))) {
      const credentials = cases[name]();
      const since = performance.now();
      const answer = await demo.send('POST', path, credentials);
      const tookMs = performance.now() - since;
      body ??= answer.text;
      if (answer.status !== status || answer.text !== body)
        throw new Error(`${name}: answered ${answer.status} ${answer.text}`);
      if (round >= 0) samples[name].push(tookMs);
    }
  }
  return samples;
}

function report({ path, cases }, samples) {
  const [baseName] = Object.keys(cases);
  const base = samples[baseName];
  console.log(
    `\n${path}: ${ROUNDS} of each kind, interleaved; milliseconds; ratio of medians to "${baseName}"`,
  );
  console.log(row('', 'p10', 'median', 'p90', 'ratio', '95 % interval'));
  let unknown = TARGET;
  for (const [name, times] of Object.entries(samples)) {
    const ratio = quantile(times, 0.5) / quantile(base, 0.5);
    const [low, high] = interval(times, base);
    if (name === 'unknown user') unknown = [low, high];
    const figures = [0.1, 0.5, 0.9].map((q) => quantile(times, q).toFixed(2));
    console.log(row(name, ...figures, ratio.toFixed(3), `${low.toFixed(3)}–${high.toFixed(3)}`));
  }
  const [low, high] = unknown;
  const isWithin = high >= TARGET[0] && low <= TARGET[1];
  console.log(
    `unknown user ÷ ${baseName}: the interval ${isWithin ? 'meets' : 'is OUTSIDE'} ${TARGET.join('–')}`,
  );
  return isWithin;
}

/** Bootstrap of the ratio of medians; rounds are drawn as a whole, because their cases share the noise. */
function interval(times, base) {
  const ratios = Array.from({ length: 1000 }, () => {
    const rounds = Array.from({ length: times.length }, () => randomInt(times.length));
    const median = (of) =>
      quantile(
        rounds.map((round) => of[round]),
        0.5,
      );
    return median(times) / median(base);
  });
  return [quantile(ratios, 0.025), quantile(ratios, 0.975)];
}

function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  return sorted[low] + (sorted[Math.ceil(at)] - sorted[low]) * (at - low);
}

function row(name, ...figures) {
  return name.padEnd(30) + figures.map((figure) => figure.padStart(14)).join('');
}

function shuffled(names) {
  for (let last = names.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [names[last], names[other]] = [names[other], names[last]];
  }
  return names;
}

async function disable(email) {
  const login = { email: 'admin@example.com', password: PASSWORD, transport: 'bearer' };
  const { accessToken } = JSON.parse((await demo.send('POST', '/auth/login', login)).text);
  const users = JSON.parse((await demo.send('GET', '/admin/users', undefined, accessToken)).text);
  const { id } = (users.users ?? users).find((user) => user.email === email);
  const answer = await demo.send('PATCH', `/admin/users/${id}`, { disabled: true }, accessToken);
  if (answer.status >= 300) throw new Error(`disabling a user: ${answer.status} ${answer.text}`);
}

async function startDemo() {
  const dataDir = mkdtempSync(join(tmpdir(), 'tokenward-bench-'));
  const port = await freePort();
  const users = [
    'admin@example.com:admin',
    'known@example.com:user',
    'disabled@example.com:user',
  ].map((entry) => entry.replace(':', `:${PASSWORD}:`));
  const child = spawn(process.execPath, [ENTRY], {
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      DATA_DIR: dataDir,
      JWT_ALGORITHM: 'ES256',
      LOGIN_THROTTLE: 'off',
      DEMO_USERS: users.join(','),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const gone = once(child, 'exit');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = (method, path, json, token) => exchange({ method, path, port, agent }, json, token);
  const stop = async () => {
    agent.destroy();
    child.kill('SIGTERM');
    await gone;
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  const until = performance.now() + 60_000;
  for (;;) {
    const status = await send('GET', '/health/ready').then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return { send, stop };
    if (child.exitCode !== null || performance.now() > until) {
      await stop();
      throw new Error('The demo did not start');
    }
    await delay(50);
  }
}

function exchange({ method, path, port, agent }, json, token) {
  const body = json === undefined ? undefined : JSON.stringify(json);
  const headers = {
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, method, path, agent, headers },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk) => (text += chunk));
        incoming.on('error', reject);
        incoming.on('end', () => resolve({ status: incoming.statusCode, text }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
