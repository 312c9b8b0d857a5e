import pg from 'pg';
import { startDemo, type Demo } from '../support/demo.js';
import { httpClient } from '../support/http.js';
import { startOrders, type Orders } from '../support/orders.js';
import { privatePostgres, privateRedis, type PrivateServer } from '../support/private-servers.js';
import { tcpProxy, type ProxyMode, type TcpProxy } from '../support/proxy.js';
import { scratchDir } from '../support/run-environment.js';
import { bearer, claimsOf } from '../support/stage.js';

/**
 * `a` and `b` issue, revoke and verify. `verifier` is a resource server: Redis and the JWKS, no Postgres. All on
 * default options.
 */
export type Where = 'a' | 'b' | 'verifier';
export const EVERYWHERE: readonly Where[] = ['a', 'b', 'verifier'];

export interface Token {
  readonly text: string;
  readonly sessionId: string;
}

/** Three processes that share a Postgres and a Redis, as a client sees them. */
export interface Deployment {
  /** The access token of a new session. */
  signIn(): Promise<Token>;
  /** Logs the session out; returns the status. */
  revoke(by: 'a' | 'b', token: Token): Promise<number>;
  /** The status for the token; 0 if there is no answer. */
  ask(which: Where, token: Token, withinMs?: number): Promise<number>;
  /** For the message of a failure: what the process says of its health, and what it printed last. */
  describe?(which: Where): Promise<string>;
}

/**
 * The built demo twice and the built orders service, on their own servers. Each process reaches each server through its
 * own proxy.
 */
export interface FaultCluster extends Deployment {
  readonly postgres: PrivateServer;
  readonly redis: PrivateServer & { readonly dir: string };
  readonly toRedis: Readonly<Record<Where, TcpProxy>>;
  readonly toPostgres: Readonly<Record<'a' | 'b', TcpProxy>>;
  demo(which: 'a' | 'b'): Demo;
  /** Sets the mode of the links of `a` and `b`, or of one of them, to Postgres. */
  setPostgres(mode: ProxyMode, which?: 'a' | 'b'): void;
  url(which: Where): string;
  signIn(by?: 'a' | 'b'): Promise<Token>;
  /** The id of the ledger, which is part of the keys in Redis. */
  ledger(): Promise<string>;
  /** The number of checks since its start, by the store that answered. */
  checks(which: 'a' | 'b'): Promise<Readonly<Record<string, number>>>;
  /** Starts the process again after a SIGKILL, on the same port. */
  restart(which: 'a' | 'b'): Promise<void>;
  /** Kills the process and starts a replacement on another port, without waiting until it is ready. */
  restartVerifier(): Promise<void>;
  /** Starts another resource server; `ignorant`: does not wait until it has a view. `user`: `name:password@` in Redis. */
  startVerifier(when: 'ready' | 'ignorant', unproven?: 'refuse', user?: string): Promise<Orders>;
  pid(which: Where): number;
  close(): Promise<void>;
}

const SAID = 2_000;
const USER = { email: 'fault@example.com', password: 'a quiet river at noon' };
/** The second process's clocks are always ahead of the first one's. */
export const CLOCK_OFFSET_MS = 5_000;
const LATER = `const { now } = Date, Real = Date;
globalThis.Date = class Date extends Real { constructor(...a) { a.length ? super(...a) : super(now() + ${CLOCK_OFFSET_MS}); } };
Date.now = () => now() + ${CLOCK_OFFSET_MS};`;

/** `env`: additional variables for `a` and `b`; the verifier gets `REVOCATION_UNPROVEN`, too. */
export async function startFaultCluster(
  env: Readonly<Record<string, string>> = {},
): Promise<FaultCluster> {
  const [postgres, redis] = await Promise.all([privatePostgres(), privateRedis()]);
  const [aRedis, bRedis, verifierRedis] = await Promise.all(
    EVERYWHERE.map(() => tcpProxy(redis.url)),
  );
  const [aPostgres, bPostgres] = await Promise.all([
    tcpProxy(postgres.url),
    tcpProxy(postgres.url),
  ]);
  const toRedis = { a: aRedis, b: bRedis, verifier: verifierRedis } as Record<Where, TcpProxy>;
  const toPostgres = { a: aPostgres, b: bPostgres };
  const dataDir = scratchDir('faults');
  const launch = (which: 'a' | 'b', port?: number): Promise<Demo> =>
    startDemo({
      adapter: which === 'a' ? 'express' : 'fastify',
      dataDir,
      port,
      env: {
        DATABASE_URL: toPostgres[which].url,
        REDIS_URL: toRedis[which].url,
        JWT_ALGORITHM: 'ES256',
        LOGIN_THROTTLE: 'off',
        DEMO_USERS: `${USER.email}:${USER.password}:user`,
        ...env,
        ...(which === 'b' && {
          NODE_OPTIONS: `--import=data:text/javascript;base64,${Buffer.from(LATER).toString('base64')}`,
        }),
      },
    });
  const demos = { a: await launch('a'), b: await launch('b') };
  const verify = (
    untilReady: boolean,
    unproven = env['REVOCATION_UNPROVEN'],
    user = '',
  ): Promise<Orders> => {
    const jwks = `${demos.a.url}/.well-known/jwks.json`;
    const own = {
      REDIS_URL: toRedis.verifier.url.replace('//', `//${user}`),
      ...(unproven && { REVOCATION_UNPROVEN: unproven }),
    };
    return startOrders({ ...own, JWKS_URL: jwks, JWT_ALGORITHM: 'ES256' }, untilReady);
  };
  let verifier = await verify(true);
  const late: Orders[] = [];
  const url = (which: Where): string => (which === 'verifier' ? verifier.url : demos[which].url);

  return {
    postgres,
    redis,
    toRedis,
    toPostgres,
    url,
    demo: (which) => demos[which],
    setPostgres(mode, which) {
      for (const each of which ? [which] : (['a', 'b'] as const)) toPostgres[each].setMode(mode);
    },
    async ledger() {
      const client = new pg.Client({ connectionString: postgres.url });
      await client.connect();
      const { rows } = await client.query<{ id: string }>('select id from auth_ledger');
      await client.end();
      return rows[0]?.id ?? '';
    },
    async signIn(by = 'a') {
      const login = { ...USER, transport: 'bearer' };
      const answer = await httpClient(demos[by].url).post('/auth/login', login, {
        cookies: 'omit',
      });
      const { accessToken: text } = answer.json<{ accessToken: string }>();
      return { text, sessionId: String(claimsOf(text)['sid']) };
    },
    async revoke(by, { text }) {
      const answer = await httpClient(demos[by].url).post('/auth/logout', {}, bearer(text));
      return answer.status;
    },
    ask: (which, { text }, withinMs = 8_000) =>
      httpClient(url(which))
        .get(which === 'verifier' ? '/orders' : '/me', {
          ...bearer(text),
          signal: AbortSignal.timeout(withinMs),
        })
        .then(
          ({ status }) => status,
          () => 0,
        ),
    async checks(which) {
      const { text } = await httpClient(demos[which].url).get('/metrics');
      const found = text.matchAll(
        /^tokenward_revocation_checks_total\{answered_by="(\w+)"\} (\d+)$/gm,
      );
      return Object.fromEntries([...found].map(([, name, count]) => [String(name), Number(count)]));
    },
    async restart(which) {
      demos[which] = await launch(which, demos[which].port);
    },
    async describe(which) {
      const app = which === 'verifier' ? verifier : demos[which];
      const ready = await app
        .client()
        .get('/health/ready')
        .catch(() => undefined);
      return `${ready?.text ?? 'no answer'}\n${app.output().slice(-SAID)}`;
    },
    pid: (which) => (which === 'verifier' ? verifier : demos[which]).pid,
    async restartVerifier() {
      process.kill(verifier.pid, 'SIGKILL');
      await verifier.exited;
      verifier = await verify(false);
    },
    async startVerifier(when, unproven, user) {
      const orders = await verify(when === 'ready', unproven, user);
      late.push(orders);
      return orders;
    },
    async close() {
      await Promise.all([
        demos.a.stop(),
        demos.b.stop(),
        ...[verifier, ...late].map((each) => each.stop()),
      ]);
      await Promise.all(
        [...Object.values(toRedis), aPostgres, bPostgres].map((each) => each?.close()),
      );
      await redis.kill('SIGCONT');
      await Promise.all([postgres.stop(), redis.stop()]);
    },
  };
}
