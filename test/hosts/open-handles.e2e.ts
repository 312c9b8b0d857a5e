import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { type HostDatabase, hostDatabase } from '../support/host-app.js';
import { freePort } from '../support/redis-server.mjs';
import { given, noteProcess } from '../support/run-environment.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DIST = new URL('../../dist/libs/auth/src/', import.meta.url).href;
/** Enough to start and stop on a busy machine; what does not end by itself is killed then. */
const ENDS_WITHIN_MS = 25_000;

let database: HostDatabase;
beforeAll(async () => {
  database = await hostDatabase();
});
afterAll(() => database?.drop());

/** A host without TypeScript: its pool, its client, a module that imports Tokenward's. */
const HOST = `
import 'reflect-metadata'; import { Module } from '@nestjs/common'; import { NestFactory } from '@nestjs/core';
import { AuthModule } from '${DIST}index.js'; import { drizzleStorage } from '${DIST}drizzle/index.js'; import { redisConnection } from '${DIST}redis/index.js';
import { drizzle } from 'drizzle-orm/node-postgres'; import { boolean, pgTable, text, uuid } from 'drizzle-orm/pg-core'; import { Redis } from 'ioredis'; import pg from 'pg';
const people = pgTable('people', { id: uuid('person_ref').primaryKey(), email: text('mail'), passwordHash: text('pw') });
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const redis = new Redis(process.env.REDIS_URL); redis.on('error', () => undefined);
const quiet = { logger: false, abortOnError: false };
const moduleOf = (changes = {}, others = {}) => {
  const { id, email, passwordHash } = people;
  const auth = AuthModule.forRoot({
    issuer: 'https://host.example', audience: 'host', keys: { algorithm: 'ES256', privateKey: process.env.JWT_PRIVATE_KEY },
    storage: drizzleStorage(drizzle(pool), { users: { table: people, id, email, passwordHash } }), redis: redisConnection(redis), ...changes,
  });
  class Host {}
  Module({ imports: [auth], ...others })(Host);
  return Host;
};
const failing = (boot) => boot.then(() => { throw new Error('it did not fail'); }, (error) => console.log('failed:', error.message));
const endOwn = async () => { await pool.end(); redis.disconnect(); };
`;

async function run(body: string, redisUrl = given('TEST_REDIS_URL')) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const child = spawn(process.execPath, ['--input-type=module', '-e', body], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      REDIS_URL: redisUrl,
      JWT_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
  });
  noteProcess(child.pid as number);
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(timer);
  return { ended: signal ?? `exit ${String(code)}`, printed };
}

const LATE = `new Promise((_, reject) => setTimeout(() => reject(new Error('host failed')), 300))`;

interface Program {
  readonly name: string;
  readonly body: string;
  readonly fails?: RegExp;
  readonly redis?: 'away';
}

const PROGRAMS: readonly Program[] = [
  {
    name: 'an application that listened and was closed',
    body: `const app = await NestFactory.create(moduleOf(), quiet); await app.listen(0, '127.0.0.1'); await app.close();`,
  },
  {
    name: 'an application context that was closed',
    body: `const app = await NestFactory.createApplicationContext(moduleOf(), quiet); await app.close();`,
  },
  {
    name: 'an application context that was closed while Redis is away',
    redis: 'away',
    body: `const app = await NestFactory.createApplicationContext(moduleOf(), quiet); await app.close();`,
  },
  {
    name: 'a boot that failed by its options',
    fails: /keys\.secret/,
    body: `await failing(NestFactory.createApplicationContext(moduleOf({ keys: { algorithm: 'HS256', secret: 'short' } }), quiet));`,
  },
  {
    name: 'a boot that failed by its options while Redis is away',
    redis: 'away',
    fails: /keys\.secret/,
    body: `await failing(NestFactory.createApplicationContext(moduleOf({ keys: { algorithm: 'HS256', secret: 'short' } }), quiet));`,
  },
  {
    name: 'a boot that failed in a provider of the host',
    fails: /host failed/,
    body: `await failing(NestFactory.createApplicationContext(moduleOf({}, { providers: [{ provide: 'BAD', useFactory: () => ${LATE} }] }), quiet));`,
  },
  {
    name: 'a boot that failed in a hook of the host, after which the host closed the application',
    fails: /host failed/,
    body: `const app = await NestFactory.create(moduleOf({}, { providers: [{ provide: 'BAD', useValue: { onApplicationBootstrap: () => ${LATE} } }] }), quiet); await failing(app.init()); await app.close();`,
  },
  { name: 'a module that was made and never booted', body: `moduleOf();` },
  {
    name: 'a resource server whose boot failed',
    fails: /jwks/,
    body: `const auth = AuthModule.forResourceServer({ issuer: 'https://host.example', audience: 'host', redis: redisConnection(redis), jwks: { keys: [] } }); class Host {} Module({ imports: [auth] })(Host); await failing(NestFactory.createApplicationContext(Host, quiet));`,
  },
];

describe('nothing of Tokenward keeps a process alive', () => {
  it.each(PROGRAMS)('$name', async ({ body, fails, redis }) => {
    const url = redis === 'away' ? `redis://127.0.0.1:${String(await freePort())}` : undefined;
    const { ended, printed } = await run(`${HOST}\n${body}\nawait endOwn();`, url);
    expect({ ended, printed }).toEqual({
      ended: 'exit 0',
      printed: fails ? expect.stringMatching(fails) : '',
    });
  });

  // T-5fwm
  it("the guide's module, closed, ends the process by itself", async () => {
    const guide = readFileSync(`${ROOT}docs/getting-started-existing.md`, 'utf8');
    const blocks = [...guide.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
    const source = blocks.find((code) => code.includes('export class AppModule')) ?? '';
    expect(source).not.toBe('');
    const { outputText } = ts.transpileModule(
      `import 'reflect-metadata'; import { NestFactory } from '@nestjs/core';\n${source}
      const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] }); await app.close();`,
      {
        compilerOptions: {
          module: ts.ModuleKind.ESNext,
          target: ts.ScriptTarget.ES2022,
          experimentalDecorators: true,
          emitDecoratorMetadata: true,
        },
      },
    );
    await database.pool.query(
      `create table if not exists users (id uuid primary key, email text, password_hash text, role text, disabled boolean)`,
    );
    const here = outputText
      .replaceAll(/'@tokenward\/nestjs\/(\w+)'/g, `'${DIST}$1/index.js'`)
      .replaceAll(`'@tokenward/nestjs'`, `'${DIST}index.js'`);
    expect(await run(here)).toEqual({ ended: 'exit 0', printed: '' });
  });
});
