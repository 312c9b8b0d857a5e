// What one address can send without end: each of these goes on until it is stopped, a few at a time.
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

const ADDRESS = '198.51.100.7';
const HEADERS = { 'content-type': 'application/json', 'x-forwarded-for': ADDRESS };
/** Of each attack. */
const AT_A_TIME = 4;
const SOCKETS_AT_A_TIME = 8;
const TIMEOUT_MS = 30_000;

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** Well formed, of a key that nobody has. */
function unknownKey() {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: 'RS256', typ: 'at+jwt', kid: randomBytes(9).toString('base64url') };
  const claims = {
    iss: 'tokenward-demo',
    aud: 'tokenward-demo',
    sub: '1',
    iat: now,
    exp: now + 600,
  };
  return `${part(header)}.${part(claims)}.${randomBytes(256).toString('base64url')}`;
}

/** What the address asks of the demo, as whoever has this account. */
function attackerOf(demo, { email, password }) {
  const post = async (path, body) => {
    const answer = await fetch(demo.url + path, {
      method: 'POST',
      headers: HEADERS,
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: answer.status, json: await answer.json().catch(() => ({})) };
  };
  return {
    post,
    async signIn() {
      const { status, json } = await post('/auth/login', { email, password, transport: 'bearer' });
      if (status !== 200) throw new Error(`the attacker's own login answered ${status}`);
      return json.refreshToken;
    },
    guess: async () => (await post('/auth/login', { email, password: 'wrong guess' })).status,
    /** Opens a socket and returns the code with which it was closed. */
    socket: (token) =>
      new Promise((resolve) => {
        const client = new WebSocket(`${demo.url.replace('http', 'ws')}/events`, {
          headers: HEADERS,
        });
        client.once('open', () => token && client.send(JSON.stringify({ type: 'auth', token })));
        client.once('close', (code) => resolve(code));
        client.once('error', (error) => resolve(error.code ?? 'error'));
      }),
  };
}

async function askOrders(orders) {
  const answer = await fetch(`${orders.url}/orders`, {
    headers: { ...HEADERS, authorization: `Bearer ${unknownKey()}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** By name: how many at a time, and one try, which returns its outcome. */
function kindsOf(attacker, orders, { own, dead }) {
  return {
    'throttled logins': [AT_A_TIME, attacker.guess],
    'dead refresh tokens': [
      AT_A_TIME,
      async () => (await attacker.post('/auth/refresh', { refreshToken: dead })).status,
    ],
    'own refreshes': [
      AT_A_TIME,
      async (worker) => {
        const { status, json } = await attacker.post('/auth/refresh', {
          refreshToken: own[worker],
        });
        own[worker] = json.refreshToken ?? own[worker];
        return status;
      },
    ],
    // these are open at the same time: the five seconds of each would make it a trickle
    'sockets without a token': [400, () => attacker.socket()],
    'sockets with a bad token': [SOCKETS_AT_A_TIME, () => attacker.socket(unknownKey())],
    'unknown kids at the orders service': [AT_A_TIME, () => askOrders(orders)],
  };
}

/** Signs in as the attacker; `start` begins every attack, and `sent` counts what each was answered. */
export async function attacks({ demo, orders, email, password }) {
  const attacker = attackerOf(demo, { email, password });
  const own = [];
  for (let worker = 0; worker < AT_A_TIME; worker++) own.push(await attacker.signIn());
  const dead = await attacker.signIn();
  await attacker.post('/auth/logout', { refreshToken: dead });

  const sent = {};
  const running = [];
  let isStopped = false;
  const keepOn = async (name, once) => {
    while (!isStopped) {
      const outcome = await once().catch((error) => error.name);
      const outcomes = (sent[name] ??= {});
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      // a connection that is refused costs nobody anything, but this process its turn
      if (typeof outcome === 'string') await delay(50);
    }
  };
  return {
    sent,
    start() {
      for (const [name, [workers, once]] of Object.entries(
        kindsOf(attacker, orders, { own, dead }),
      ))
        for (let worker = 0; worker < workers; worker++)
          running.push(keepOn(name, () => once(worker)));
    },
    async stop() {
      isStopped = true;
      await Promise.all(running);
    },
  };
}
