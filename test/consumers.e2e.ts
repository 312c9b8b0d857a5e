import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  compile,
  guideFiles,
  install,
  nestAdd,
  nestNew,
  ROOT,
  generateKeys,
  runIn,
  startApp,
  type Started,
  writeFiles,
} from './support/consumer-app.js';
import { type PackedLibraries, packedLibraries } from './support/packages.js';
import { type PrivateServer, privatePostgres, privateRedis } from './support/private-servers.js';
import { scratchDir } from './support/run-environment.js';
import { pasted, printedBy, SHELLS } from './support/transcripts.js';
import { until } from './support/until.js';

const ADA = { email: 'ada@example.com', password: 'a quiet harbour at dawn' };
const GUIDE = new Map([
  ...guideFiles('getting-started.md'),
  ...guideFiles('getting-started-by-hand.md'),
]);
/** A CommonJS application leaves it out. */
const withoutJs = (code: string): string => code.replace(/(from '\.[^']*)\.js'/g, "$1'");

const LIBRARIES = {
  'drizzle-orm': '^0.45.0',
  pg: '^8.16.0',
  ioredis: '^5.8.0',
  '@types/pg': '^8.15.0',
  '@types/node': '^20.0.0',
};

const SUB_PATHS = ['drizzle', 'migration', 'redis', 'testing', 'passport'];

const LEFT_OUT = `
import type { AuthModuleOptions } from '@tokenward/nestjs';
import { createAuthClient } from '@tokenward/client';
const { COOKIE_DOMAIN, JWT_PRIVATE_KEY, API_URL } = process.env;
export const options: Partial<AuthModuleOptions> = {
  keys: { algorithm: 'ES256', privateKey: JWT_PRIVATE_KEY },
  cookies: { domain: COOKIE_DOMAIN },
  redis: undefined,
  onEvent: undefined,
};
export const client = () => createAuthClient({ baseUrl: API_URL });
`;

/** Without a database, in CommonJS Jest. */
const JEST_SPEC = `
const { Test } = require('@nestjs/testing');
const { actAs, AuthTestingModule } = require('@tokenward/nestjs/testing');
const { NotesController } = require('./dist/notes.controller.js');

test('acts as a user', async () => {
  const module = await Test.createTestingModule({
    imports: [AuthTestingModule.forRoot()],
    controllers: [NotesController],
  }).compile();
  const app = module.createNestApplication();
  await app.listen(0, '127.0.0.1');
  const { headers } = await actAs(app, { id: 'u1', role: 'member' });
  const ask = async (init) => (await fetch((await app.getUrl()) + '/notes', init)).status;
  expect([await ask({}), await ask({ headers })]).toEqual([401, 200]);
  await app.close();
});
`;

function nest11(packed: PackedLibraries) {
  return {
    'package.json': JSON.stringify({
      name: 'consumer-cjs',
      private: true,
      dependencies: {
        '@nestjs/common': '^11.1.0',
        '@nestjs/core': '^11.1.0',
        '@nestjs/platform-express': '^11.1.0',
        '@nestjs/testing': '^11.1.0',
        '@nestjs/jwt': '^11.0.0',
        'reflect-metadata': '^0.2.2',
        '@nestjs/passport': '^11.0.0',
        passport: '^0.7.0',
        'passport-jwt': '^4.0.1',
        typescript: '~5.9.0',
        rxjs: '^7.8.1',
        ...LIBRARIES,
        '@tokenward/nestjs': `file:${packed.auth}`,
        '@tokenward/client': `file:${packed.client}`,
      },
    }),
    // what `nest new` of Nest 11 writes for CommonJS
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        moduleResolution: 'nodenext',
        target: 'ES2023',
        outDir: 'dist',
        rootDir: 'src',
        emitDecoratorMetadata: true,
        experimentalDecorators: true,
        esModuleInterop: true,
        isolatedModules: true,
        skipLibCheck: true,
        strict: true,
        types: ['node'],
      },
      include: ['src'],
    }),
    // what Nx and older templates have: a resolution that does not know `exports`; and what @tsconfig/strictest adds
    'tsconfig.old.json': JSON.stringify({
      extends: './tsconfig.json',
      compilerOptions: {
        module: 'commonjs',
        moduleResolution: 'node10',
        noEmit: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noImplicitReturns: true,
      },
    }),
    // `undefined` where an option is left out
    'src/left-out.ts': LEFT_OUT,
    'src/sub-paths.ts': SUB_PATHS.map(
      (each) => `export * as ${each} from '@tokenward/nestjs/${each}';\n`,
    ).join(''),
    'jest.config.js':
      "module.exports = { testEnvironment: 'node', testMatch: ['**/notes.spec.js'], testTimeout: 60_000 };",
    'notes.spec.js': JEST_SPEC,
  };
}

describe('fresh applications with the packed libraries', () => {
  let packed: PackedLibraries;
  let postgres: PrivateServer;
  let redis: PrivateServer;
  const running: Started[] = [];

  beforeAll(async () => {
    [packed, postgres, redis] = await Promise.all([
      packedLibraries(),
      privatePostgres(),
      privateRedis(),
    ]);
    // packing compiles both libraries, on a machine that may be busy
  }, 600_000);
  afterAll(async () => {
    for (const app of running) await app.stop();
    await redis.stop();
    await postgres.stop();
  });

  async function start(folder: string, registration: object): Promise<Started> {
    const stores = { DATABASE_URL: postgres.url, REDIS_URL: redis.url };
    const app = await startApp(folder, { ...stores, ...registration });
    running.push(app);
    return app;
  }

  async function tryGuide(folder: string, name: string): Promise<void> {
    await generateKeys(folder);
    const closed = await start(folder, {});
    expect((await closed.client().post('/auth/register', ADA)).status).toBe(404);
    await closed.stop();
    const app = await start(folder, { ALLOW_REGISTRATION: 'true' });
    await signInRefreshRevoke(app, `${name}@example.com`);
    for (const shell of SHELLS) await tryTranscript(shell, app, `${name}-${shell}@example.com`);
    await Promise.all([postgres.restart(), redis.restart()]);
    const ada = { ...ADA, email: `${name}@example.com` };
    await until(async () => (await app.client().post('/auth/login', ada)).status === 200);
    await signInRefreshRevoke(app, `${name}-again@example.com`);
    await app.stop();
  }

  /** Step 6 of the guide. */
  async function tryTranscript(shell: string, app: Started, email: string): Promise<void> {
    const own = { 'http://127.0.0.1:3000': app.url, 'ada@example.com': email };
    const printed = await printedBy(shell, pasted('getting-started.md', '6. Sign in', 'api=', own));
    expect(printed.map((line) => line.split(' ').at(-1))).toEqual([
      '201',
      '200',
      '200',
      '200',
      '204',
      '401',
    ]);
    expect(printed[2]).toMatch(/^\{"of":"[^"]+","role":"user","notes":\[\]\} 200$/);
  }

  /** Registers, signs in, refreshes, signs out; the access token of before the logout is dead. */
  async function signInRefreshRevoke(app: Started, email: string): Promise<void> {
    const client = app.client();
    const ada = { ...ADA, email };
    expect((await client.get('/notes')).status).toBe(401);
    expect((await client.post('/auth/register', ada)).status).toBe(201);
    expect((await client.post('/auth/login', ada)).status).toBe(200);
    expect((await client.get('/notes')).json()).toMatchObject({ role: 'user', notes: [] });
    expect((await client.post('/auth/refresh')).status).toBe(200);
    const thief = client.copy();
    expect((await thief.get('/notes')).status).toBe(200);
    expect((await client.post('/auth/logout')).status).toBe(204);
    expect((await thief.get('/notes')).status).toBe(401);
    expect((await thief.post('/auth/refresh')).status).toBe(401);
  }

  // T-5fgx
  it('Nest 11, CommonJS: the guide by hand, and CommonJS Jest', async () => {
    const folder = scratchDir('consumer-cjs');
    writeFiles(folder, Object.entries(nest11(packed)));
    writeFiles(
      folder,
      [...GUIDE].map(([path, code]) => [path, withoutJs(code)] as const),
    );
    await install(folder);
    await compile(folder);
    for (const compiler of [ROOT, folder]) await compile(folder, 'tsconfig.old.json', compiler);
    await tryGuide(folder, 'cjs');
    await runIn(
      folder,
      process.execPath,
      join(ROOT, 'node_modules/jest/bin/jest.js'),
      '--rootDir',
      folder,
    );
    const client =
      "const { createAuthClient } = require('@tokenward/client'); console.log(typeof createAuthClient)";
    expect((await runIn(folder, process.execPath, '-e', client)).trim()).toBe('function');
  }, 480_000);

  // T-fvbb
  it('Nest 12, ES modules: nest new, nest add, and the route of the guide', async () => {
    const folder = await nestNew('consumer-esm');
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
      string,
      object
    >;
    const tarballs = {
      '@tokenward/nestjs': `file:${packed.auth}`,
      '@tokenward/client': `file:${packed.client}`,
    };
    const dependencies = {
      ...manifest['dependencies'],
      ...LIBRARIES,
      '@nestjs/jwt': '^12.0.0',
      ...tarballs,
    };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, dependencies }));
    await install(folder);

    const said = await nestAdd(folder);
    expect(said).toContain('src/auth/auth.setup.ts');
    expect(said).toContain('What is left to do');
    const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
    expect(read('test/app.e2e-spec.ts')).toContain('.useValue(memoryAuthOptions())');
    for (const name of ['src/auth/database.ts', 'src/auth/auth.setup.ts'])
      expect(read(name)).toBe(GUIDE.get(name));
    expect(read('src/app.module.ts')).toContain('imports: [authModule]');
    expect(read('src/main.ts')).toContain('await prepareDatabase();');
    expect(read('.env.example')).toContain('DATABASE_URL=');
    expect(await nestAdd(folder)).toContain('Nothing to be done');

    // the route of step 5, and its place in the module
    writeFiles(
      folder,
      [...GUIDE].filter(([path]) => /notes\.controller|app\.module/.test(path)),
    );
    await compile(folder);
    await tryGuide(folder, 'esm');
    const client =
      "import { createAuthClient } from '@tokenward/client'; console.log(typeof createAuthClient)";
    expect(
      (await runIn(folder, process.execPath, '--input-type=module', '-e', client)).trim(),
    ).toBe('function');
  }, 480_000);
});
