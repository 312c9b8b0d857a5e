import { generateKeyPairSync, randomBytes, randomUUID, sign, type KeyObject } from 'node:crypto';
import { Redis } from 'ioredis';
import { createDatabase, createRedisDatabase, testPool } from './databases.js';
import { startDemo, type Demo } from './demo.js';
import type { HttpAnswer, HttpClient } from './http.js';

export const ADAPTERS = ['express', 'fastify'] as const;
export type Adapter = (typeof ADAPTERS)[number];
export type Row = Record<string, unknown>;

/** Demos that share Postgres, Redis and a signing key: the processes of one deployment. */
export interface Stage<A extends Adapter = Adapter> {
  readonly demos: Readonly<Record<A, Demo>>;
  /** The environment of the demos, for another one. */
  readonly env: Readonly<Record<string, string>>;
  readonly redis: Redis;
  rows(statement: string, ...values: unknown[]): Promise<Row[]>;
  /** A token signed with the stage's own key. */
  signed(claims: Row, header?: Row): string;
  close(): Promise<void>;
}

/** Two processes start, on a machine that may be busy; for the hook that calls `startStage`. */
export const STAGE_TIMEOUT_MS = 120_000;

export const KEY_ID = 'stage-key';
export const ISSUER = 'https://issuer.test';
export const AUDIENCE = 'stage-api';
export const PASSWORD = 'a quiet river at noon';
const ADMIN = 'root@stage.test';

export interface StageOptions<A extends Adapter = Adapter> {
  /** Default: one demo on each. One is enough where the answers do not depend on it and no other process is needed. */
  readonly adapters?: readonly A[];
  /** Changes to the defaults: throttling off, one admin. */
  readonly env?: Readonly<Record<string, string>>;
  /** Replaces the stage's own databases. */
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
}

/** `DATABASE_URL` and `REDIS_URL` may point at a proxy of the test; `rows` and `redis` then go through it as well. */
export async function startStage<A extends Adapter = Adapter>(
  options: StageOptions<A> = {},
): Promise<Stage<A>> {
  const database = options.databaseUrl ? undefined : await createDatabase();
  const redisDatabase = options.redisUrl ? undefined : await createRedisDatabase();
  const databaseUrl = options.databaseUrl ?? database?.url ?? '';
  const redisUrl = options.redisUrl ?? redisDatabase?.url ?? '';
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const env = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    JWT_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    JWT_KEY_ID: KEY_ID,
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: AUDIENCE,
    LOGIN_THROTTLE: 'off',
    DEMO_USERS: `${ADMIN}:${PASSWORD}:admin`,
    ...options.env,
  };
  const demos = await startEach(
    options.adapters ?? (ADAPTERS as readonly Adapter[] as readonly A[]),
    env,
  );
  const pool = testPool({ connectionString: databaseUrl, max: 3 });
  // a proxy of the test may cut the connection
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined);
  return {
    demos,
    env,
    redis,
    rows: async (statement, ...values) => (await pool.query<Row>(statement, values)).rows,
    signed: (claims, header) => signJwt(privateKey, claims, header),
    async close() {
      await Promise.all(Object.values<Demo>(demos).map((demo) => demo.stop()));
      redis.disconnect();
      await pool.end();
      await Promise.all([database?.drop(), redisDatabase?.drop()]);
    },
  };
}

/** Starts one demo on each adapter; if one does not start, the other is stopped. */
export const startBoth = (
  env: Readonly<Record<string, string>>,
): Promise<Readonly<Record<Adapter, Demo>>> => startEach(ADAPTERS, env);

async function startEach<A extends Adapter>(
  adapters: readonly A[],
  env: Readonly<Record<string, string>>,
): Promise<Readonly<Record<A, Demo>>> {
  const started = await Promise.allSettled(adapters.map((adapter) => startDemo({ adapter, env })));
  const demos = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  if (demos.length === adapters.length)
    return Object.fromEntries(adapters.map((adapter, at) => [adapter, demos[at]])) as Record<
      A,
      Demo
    >;
  await Promise.all(demos.map((demo) => demo.stop()));
  throw started.find((each) => each.status === 'rejected')?.reason;
}

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

/** A new user of role `user`, not signed in. */
export async function register(client: HttpClient): Promise<Person> {
  const email = `${randomBytes(6).toString('hex')}@people.test`;
  const answer = await client.post('/auth/register', { email, password: PASSWORD });
  if (answer.status !== 201) throw new Error(`register: ${answer.status} ${answer.text}`);
  const { user } = answer.json<{ user: { id: string } }>();
  return { id: user.id, email, password: PASSWORD };
}

export interface LogIn {
  readonly transport?: 'cookie' | 'hybrid' | 'bearer';
  readonly rememberMe?: boolean;
}

/** Throws if the login is refused. */
export async function logIn(
  client: HttpClient,
  { email, password }: Pick<Person, 'email' | 'password'>,
  options: LogIn = {},
): Promise<HttpAnswer> {
  const answer = await client.post('/auth/login', { email, password, ...options });
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
  return answer;
}

/** A new user, signed in. */
export async function signUp(
  client: HttpClient,
  options?: LogIn,
): Promise<Person & { answer: HttpAnswer }> {
  const person = await register(client);
  return { ...person, answer: await logIn(client, person, options) };
}

export const admin = { email: ADMIN, password: PASSWORD };

export const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

export function claimsOf(token: string): Row {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Row;
}

/** Claims like those that the stage's demos issue; `undefined` members are omitted. */
export function goodClaims(changes: Row = {}): Row {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: randomUUID(),
    sid: randomUUID(),
    jti: randomUUID(),
  };
  return {
    ...claims,
    iat: now,
    nbf: now,
    exp: now + 900,
    tokenVersion: 1,
    role: 'user',
    ...changes,
  };
}

const encoded = (part: Row): string => Buffer.from(JSON.stringify(part)).toString('base64url');

export function signJwt(key: KeyObject, claims: Row, header: Row = {}): string {
  const input = `${encoded({ alg: 'RS256', kid: KEY_ID, typ: 'at+jwt', ...header })}.${encoded(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

/** The complete refusal as a client sees it, without values that differ in each answer. */
export function refusalOf({ status, headers, text }: HttpAnswer) {
  return { status, challenge: headers['www-authenticate'], text };
}

export const AUTHENTICATION_FAILED =
  '{"statusCode":401,"error":"Unauthorized","message":"Authentication failed","code":"authentication_failed"}';
/** No token at all. */
export const UNAUTHENTICATED = { status: 401, challenge: 'Bearer', text: AUTHENTICATION_FAILED };
/** A token that is refused for any reason. */
export const REFUSED = {
  status: 401,
  challenge: 'Bearer error="invalid_token"',
  text: AUTHENTICATION_FAILED,
};

/** Set-Cookie lines that end a session: exactly these, in this order. */
export const CLEARED = [
  'access_token=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
  'refresh_token=; Max-Age=0; Path=/auth; HttpOnly; Secure; SameSite=Strict',
];

/** Set-Cookie lines with `•` for the values. */
export function cookieShapes({ setCookies }: HttpAnswer): string[] {
  return setCookies.map((line) => line.replace(/^([^=]+)=[^;]+/, '$1=•'));
}
