import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createDatabase,
  createRedisDatabase,
  type TestDatabase,
  type TestRedisDatabase,
} from './support/databases.js';
import { acceptedFor } from './support/accepted-for.js';
import { type Demo, startDemo } from './support/demo.js';
import {
  type JwksRelay,
  jwksRelay,
  type SilentServer,
  silentServer,
} from './support/jwks-relay.js';
import { type Orders, startOrders } from './support/orders.js';
import { tokenward } from './support/tokenward.js';
import { pasted, printedBy, SHELLS } from './support/transcripts.js';
import { until } from './support/until.js';
import { publicJwk } from './support/public-jwk.js';

const USER = { email: 'ada@example.com', password: 'correct horse battery', role: 'user' };
const REFUSED = {
  statusCode: 401,
  error: 'Unauthorized',
  message: 'Authentication failed',
  code: 'authentication_failed',
};
const COOL_DOWN_MS = 2_000;

let database: TestDatabase;
let redis: TestRedisDatabase;
let demo: Demo;
let orders: Orders;
let jwks: JwksRelay;
/** Whatever a token names, nobody may come here. */
let trap: SilentServer;

const bearer = (token: string) => ({
  headers: { Authorization: `Bearer ${token}` },
  cookies: 'omit' as const,
});
const ask = (token: string) => orders.client().get('/orders', bearer(token));
const b64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

async function signIn(): Promise<string> {
  const { email, password } = USER;
  const answer = await demo.client().post('/auth/login', { email, password, transport: 'bearer' });
  return answer.json<{ accessToken: string }>().accessToken;
}

const headerOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as Record<
    string,
    string
  >;
const payloadOf = (token: string) => token.split('.')[1] ?? '';

beforeAll(async () => {
  [database, redis] = await Promise.all([createDatabase(), createRedisDatabase()]);
  demo = await startDemo({
    env: {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      DEMO_USERS: `${USER.email}:${USER.password}:${USER.role}`,
      JWT_ALGORITHM: 'ES256',
    },
  });
  jwks = await jwksRelay(demo.url);
  trap = await silentServer();
  orders = await startOrders({
    JWKS_URL: `${jwks.url}/.well-known/jwks.json`,
    REDIS_URL: redis.url,
    JWKS_COOL_DOWN: `${String(COOL_DOWN_MS / 1000)}s`,
  });
}, 90_000);

afterAll(async () => {
  await Promise.all([demo?.stop(), orders?.stop()]);
  jwks?.server.close();
  trap?.server.close();
  await Promise.all([database?.drop(), redis?.drop()]);
});

describe('a service that only verifies', () => {
  // T-xqpq
  it('accepts the issuer’s tokens in header and cookie, and nothing without a token', async () => {
    const token = await signIn();
    expect((await ask(token)).json()).toMatchObject({ role: 'user', orders: [{ id: 1 }] });
    const byCookie = await orders
      .client()
      .get('/orders', { headers: { cookie: `access_token=${token}` }, cookies: 'omit' });
    expect(byCookie.status).toBe(200);
    const none = await orders.client().get('/orders');
    expect([none.status, none.json(), none.headers['www-authenticate']]).toEqual([
      401,
      REFUSED,
      'Bearer',
    ]);
    for (const path of ['/health/live', '/health/ready'])
      expect((await orders.client().get(path)).status).toBe(200);
  });

  // T-39bz
  it('refuses all forged tokens in the same way, and fetches no URL that they name', async () => {
    const token = await signIn();
    const header = headerOf(token);
    const mine = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const secretOfPublicKey = JSON.stringify(
      ((await (await fetch(`${demo.url}/.well-known/jwks.json`)).json()) as { keys: unknown[] })
        .keys[0],
    );
    const es = (head: object) => {
      const input = `${b64(head)}.${payloadOf(token)}`;
      return `${input}.${sign('sha256', Buffer.from(input), { key: mine.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    };
    const hs = (head: object) => {
      const input = `${b64(head)}.${payloadOf(token)}`;
      return `${input}.${createHmac('sha256', secretOfPublicKey).update(input).digest('base64url')}`;
    };
    const jwk = publicJwk(mine.publicKey);
    const table: [string, string][] = [
      ['none', `${b64({ ...header, alg: 'none' })}.${payloadOf(token)}.`],
      ['another key under a known kid', es(header)],
      ['HMAC with the public key', hs({ ...header, alg: 'HS256' })],
      ['a key of its own', es({ ...header, jwk })],
      ['jku', es({ ...header, kid: 'mine', jku: `${trap.url}/jwks.json` })],
      ['x5u', es({ ...header, kid: 'mine', x5u: `${trap.url}/x5u.pem` })],
      ['x5c', es({ ...header, x5c: ['MIIB'] })],
      ['a kid that is a URL', es({ ...header, kid: `${trap.url}/kid` })],
      ['a kid that is a path', es({ ...header, kid: '../../../../dev/null' })],
      ['a kid that is a query', es({ ...header, kid: "' OR 1=1 --" })],
      [
        'a good token with another signature',
        token.slice(0, -4) + (token.endsWith('AAAA') ? 'BBBB' : 'AAAA'),
      ],
    ];
    for (const [name, forged] of table) {
      const answer = await ask(forged);
      expect([name, answer.status, answer.json()]).toEqual([name, 401, REFUSED]);
    }
    expect((await ask(token)).status).toBe(200);
    expect(trap.visits).toBe(0);
  });

  // T-zfbj
  it('refuses a token within a second after the issuer revoked it', async () => {
    const token = await signIn();
    expect((await ask(token)).status).toBe(200);
    expect((await demo.client().post('/auth/logout-all', undefined, bearer(token))).status).toBe(
      204,
    );
    expect(await acceptedFor(async () => (await ask(token)).status)).toBeLessThanOrEqual(1_000);
    expect((await ask(token)).json()).toEqual(REFUSED);
  });

  // T-jg8r
  it.each(SHELLS)(
    'the pages of the demo and of several services say what %s prints',
    async (shell) => {
      const { email, password } = USER;
      const user = { 'user@example.com': email, sCkYVtA3DrITO3gI: password };
      const session = pasted('demo.md', 'With curl', 'api=', {
        ...user,
        'http://127.0.0.1:3000': demo.url,
      });
      const signedIn = expect.stringMatching(
        /^\{"user":\{"id":.*"tokenType":"Bearer","expiresIn":900\}$/,
      );
      const refused = JSON.stringify(REFUSED);
      expect(await printedBy(shell, session)).toEqual([
        signedIn,
        expect.stringMatching(/^\{"id":.*"permissions":\[\],"sessionId":/),
        '200',
        '{"tokenType":"Bearer","expiresIn":900}',
        '200',
        '401',
        '401',
        '401',
        signedIn,
        '204',
        refused,
      ]);
      const services = pasted(
        'getting-started-services.md',
        '3. Try it with two applications of this repository',
        'api=',
        {
          ...user,
          'http://127.0.0.1:3000': demo.url,
          'http://127.0.0.1:3001': orders.url,
        },
      );
      expect(await printedBy(shell, services)).toEqual(['200', '204', '401']);
    },
  );

  // T-xw3q
  it('2,000 tokens with random kids cause at most one fetch per cool-down; with the issuer gone, known keys go on', async () => {
    const token = await signIn();
    const mine = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const input = (kid: string) => `${b64({ ...headerOf(token), kid })}.${payloadOf(token)}`;
    const signature = sign('sha256', Buffer.from('x'), {
      key: mine.privateKey,
      dsaEncoding: 'ieee-p1363',
    }).toString('base64url');
    await demo.kill('SIGSTOP');
    jwks.isUp = false;
    try {
      const before = jwks.fetches;
      const since = performance.now();
      const statuses = new Set<number>();
      const attack = async (): Promise<void> => {
        for (let sent = 0; sent < 100; sent += 1)
          statuses.add((await ask(`${input(randomUUID())}.${signature}`)).status);
      };
      await Promise.all(Array.from({ length: 20 }, attack));
      const elapsed = performance.now() - since;
      expect([...statuses]).toEqual([401]);
      // one at the start of each cool-down, and the retry of the background fetch counts too
      expect(jwks.fetches - before).toBeLessThanOrEqual(Math.ceil(elapsed / COOL_DOWN_MS) + 1);
      expect(jwks.fetches - before).toBeGreaterThan(0);
      // a machine that is busy with the flood may miss a deadline, which is 503; a key that is forgotten is 401
      await until(async () => [200, 401].includes((await ask(token)).status), 5_000);
      expect((await ask(token)).status).toBe(200);
    } finally {
      jwks.isUp = true;
      await demo.kill('SIGCONT');
    }
  }, 120_000);
});

describe('its start', () => {
  // T-pk7p
  it('before the issuer is up: not ready, and ready by itself when the issuer comes', async () => {
    jwks.isUp = false;
    const early = await startOrders({ JWKS_URL: jwks.url }, false);
    try {
      const client = early.client();
      for (;;) {
        const live = await client.get('/health/live').catch(() => undefined);
        if (live?.status === 200) break;
        await delay(25);
      }
      expect((await client.get('/health/ready')).status).toBe(503);
      const token = await signIn();
      const unknown = await client.get('/orders', bearer(token));
      expect([unknown.status, Number(unknown.headers['retry-after']) > 0]).toEqual([503, true]);
      jwks.isUp = true;
      while ((await client.get('/health/ready')).status !== 200) await delay(50);
      expect((await client.get('/orders', bearer(token))).status).toBe(200);
      expect(early.output()).toMatch(/no redis is configured/);
    } finally {
      jwks.isUp = true;
      expect(await early.stop()).toBe(0);
    }
  });

  it.each([
    ['JWT_ALGORITHM', 'HS256'],
    ['JWT_ALGORITHM', 'none'],
    ['JWKS_URL', 'file:///etc/passwd'],
    ['JWKS_URL', 'https://user:secret@auth.example.com/'],
    ['REDIS_URL', 'http://127.0.0.1'],
    ['PORT', '99999'],
  ])('%s=%s stops it with one line that names what is wrong', async (name, value) => {
    const service = await startOrders({ [name]: value }, false);
    expect(await service.exited).toBe(1);
    expect(service.output().trim().split('\n')).toHaveLength(1);
    expect(service.output()).toContain(name);
    expect(service.output()).not.toContain('secret@');
  });
});

describe('the end of the only key', () => {
  it('takes effect without Redis: after an empty key set every token is refused, and the log says why', async () => {
    const token = await signIn();
    const alone = await startOrders({ JWKS_URL: jwks.url, JWKS_REFRESH: '1s' });
    try {
      const status = async () => (await alone.client().get('/orders', bearer(token))).status;
      expect(await status()).toBe(200);
      const { kid = '' } = headerOf(token);
      const revoked = await tokenward(`keys revoke ${kid}`, { DATABASE_URL: database.url });
      expect(revoked).toMatchObject({ code: 0, error: '' });
      await until(async () => (await status()) === 401);
      expect(alone.output()).toMatch(/the JWKS holds no key that verifies: every token is refused/);
      expect(alone.output()).toMatch(/a token was refused: key_unknown/);
    } finally {
      await alone.stop();
    }
  });
});
