import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type DynamicModule, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { UserDirectory } from '@tokenward/nestjs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { AccountsClient } from '../examples/prisma/src/accounts-client.js';
import { AppModule as PrismaApp } from '../examples/prisma/src/app.module.js';
import { prepareDatabase as preparePrisma } from '../examples/prisma/src/database.module.js';
import {
  AppModule as HttpApp,
  prepareDatabase as prepareHttp,
} from '../examples/http-users/src/app.module.js';
import { AppModule as TypeormApp } from '../examples/typeorm/src/app.module.js';
import { prepareDatabase as prepareTypeorm } from '../examples/typeorm/src/database.module.js';
import { type ConformanceUser, userDirectoryConformance } from '@tokenward/nestjs/testing';
import { prismaClient } from './orms/prisma-client.js';
import { ROOT } from './support/consumer-app.js';
import { createDatabase, type TestDatabase } from './support/databases.js';
import { scratchDir } from './support/run-environment.js';
import { tokenward } from './support/tokenward.js';

interface Example {
  readonly name: string;
  readonly prepare: () => Promise<void>;
  readonly app: (url: string) => Promise<Type | DynamicModule>;
  /** Where its users are in PostgreSQL. */
  readonly table?: {
    readonly name: string;
    readonly nameColumn: string;
    readonly unknownId: () => string;
  };
}

const EXAMPLES: readonly Example[] = [
  {
    name: 'typeorm',
    prepare: prepareTypeorm,
    app: async () => TypeormApp,
    table: { name: 'members', nameColumn: 'full_name', unknownId: () => '2000000000' },
  },
  {
    name: 'prisma',
    prepare: preparePrisma,
    app: async (url) =>
      PrismaApp.with(
        await prismaClient<AccountsClient>(url, join(ROOT, 'examples/prisma/schema.prisma')),
      ),
    table: { name: 'accounts', nameColumn: 'name', unknownId: randomUUID },
  },
  { name: 'http-users', prepare: prepareHttp, app: async () => HttpApp },
];

/** What the example's own test runs: JavaScript, so that it needs no compiler. */
const scriptOf = async <T>(example: string, name: string): Promise<T> =>
  (await import(pathToFileURL(join(ROOT, 'examples', example, 'test', name)).href)) as T;

interface UserService {
  readonly url: string;
  readonly state: object;
  close(): void;
}

describe.each(EXAMPLES)('examples/$name', ({ name, prepare, app: module, table }) => {
  let database: TestDatabase;
  let app: INestApplication;
  let service: UserService | undefined;
  const before = { ...process.env };

  beforeAll(async () => {
    database = await createDatabase();
    const keys = scratchDir('example-keys');
    expect((await tokenward(`keys generate --dir ${keys} --algorithm ES256`)).code).toBe(0);
    if (!table) {
      const { userService } = await scriptOf<{ userService: () => Promise<UserService> }>(
        name,
        'user-service.mjs',
      );
      service = await userService();
    }
    Object.assign(process.env, {
      DATABASE_URL: database.url,
      KEY_DIRECTORY: keys,
      USERS_URL: service?.url ?? '',
      SERVICE_SECRET: randomUUID(),
    });
    await prepare();
    app = await NestFactory.create(await module(database.url), {
      logger: false,
      abortOnError: false,
    });
    await app.listen(0, '127.0.0.1');
  }, 120_000);
  afterAll(async () => {
    await app?.close();
    service?.close();
    process.env = before;
    await database.drop();
  });

  // T-4tx2
  it('walks from a sign-in to a revocation', async () => {
    const { walk } = await scriptOf<{ walk: (url: string, state?: object) => Promise<void> }>(
      name,
      'walk.mjs',
    );
    await walk(await app.getUrl(), service?.state);
  });

  if (!table) return;
  describe('its user directory conforms', () => {
    let pool: pg.Pool;
    beforeAll(async () => {
      pool = new pg.Pool({ connectionString: database.url, max: 2 });
      await pool.query(`drop index ${table.name}_email`);
    });
    afterAll(() => pool.end());

    const add = async (user: ConformanceUser): Promise<string> => {
      const { rows } = await pool.query<{ id: string }>(
        `insert into ${table.name} (email, ${table.nameColumn}, password_hash, role) values ($1, $2, $3, $4) returning id::text`,
        [user.email, user.name, user.passwordHash, user.role],
      );
      return rows[0]?.id ?? '';
    };
    const cases = userDirectoryConformance(() => ({
      users: app.get(UserDirectory, { strict: false }),
      add,
      unknownId: table.unknownId,
      lacks: ['permissions'],
    }));
    for (const { name: what, run } of cases) it(what, run);
  });
});
