import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  compile,
  install,
  nestAdd,
  nestNew,
  generateKeys,
  runIn,
  startApp,
  writeFiles,
} from './support/consumer-app.js';
import { createDatabase } from './support/databases.js';
import { type PackedLibraries, packedLibraries } from './support/packages.js';

const ADA = { email: 'ada@example.com', password: 'a quiet harbour at dawn' };

/** The files of a host before `nest add`, and the commands that make its tables. */
interface Host {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  readonly prepare?: readonly (readonly string[])[];
}

const entity = (id: string) => `import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('people')
export class User {
  ${id}

  @Column('text', { unique: true })
  email!: string;

  @Column('text', { nullable: true })
  name!: string | null;

  @Column('text', { name: 'secret', nullable: true })
  passwordHash!: string | null;

  @Column('text', { default: 'user' })
  role!: string;

  @Column('boolean', { default: false })
  disabled!: boolean;
}
`;
const typeormModule = `import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';

@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url: process.env.DATABASE_URL, autoLoadEntities: true, synchronize: true }),
  ],
})
export class AppModule {}
`;
const TYPEORM = { typeorm: '^0.3.0', '@nestjs/typeorm': '^12.0.0' };

const HOSTS: Readonly<Record<string, Host>> = {
  'TypeORM, no users yet': { dependencies: TYPEORM, files: { 'src/app.module.ts': typeormModule } },
  'TypeORM, whole numbers as ids': {
    dependencies: TYPEORM,
    files: {
      'src/app.module.ts': typeormModule,
      'src/people/user.entity.ts': entity('@PrimaryGeneratedColumn()\n  id!: number;'),
    },
  },
  Prisma: {
    dependencies: { '@prisma/client': '^7.0.0', '@prisma/adapter-pg': '^7.0.0', prisma: '^7.0.0' },
    files: {
      'prisma/schema.prisma': `generator client {
  provider   = "prisma-client"
  engineType = "client"
  output     = "../src/generated"
}

datasource db {
  provider = "postgresql"
}

model User {
  id       Int     @id @default(autoincrement())
  email    String  @unique
  name     String?
  password String? @map("pw")

  @@map("people")
}
`,
      'tables.mjs': `import pg from 'pg';
const client = new pg.Client(process.env.DATABASE_URL);
await client.connect();
await client.query('create table people (id serial primary key, email text not null unique, name text, pw text)');
await client.end();
`,
      'src/prisma.service.ts': `import { Injectable } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client.js';

@Injectable()
export class PrismaService extends PrismaClient {
  constructor() {
    super({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) });
  }
}
`,
    },
    prepare: [
      ['npx', 'prisma', 'generate'],
      ['node', 'tables.mjs'],
    ],
  },
};

/** `npm run examples`: an application with users of its own, `nest add`, and nothing edited by hand. */
describe('nest add in an application that has users', () => {
  let packed: PackedLibraries;
  beforeAll(async () => {
    packed = await packedLibraries();
  }, 300_000);

  it.each(Object.entries(HOSTS))(
    '%s: compiles, starts, registers, signs in, changes the password, revokes',
    async (_, { dependencies, files, prepare = [] }) => {
      const folder = await nestNew('nest-add');
      writeFiles(folder, Object.entries(files));
      const path = join(folder, 'package.json');
      const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, object>;
      const tokenward = { '@tokenward/nestjs': `file:${packed.auth}` };
      const wanted = { ...manifest['dependencies'], ...dependencies, pg: '^8.16.0', ...tokenward };
      writeFileSync(path, JSON.stringify({ ...manifest, dependencies: wanted }));
      await install(folder);
      expect(await nestAdd(folder)).toContain('The users are those of');
      await install(folder);
      const database = await createDatabase();
      const env = { DATABASE_URL: database.url, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath };
      const set = Object.entries(env).map((each) => each.join('='));
      for (const command of prepare) await runIn(folder, 'env', ...set, ...command);
      await compile(folder);
      await generateKeys(folder);
      const app = await startApp(folder, { ...env, ALLOW_REGISTRATION: 'true' });
      try {
        const client = app.client();
        expect((await client.post('/auth/register', ADA)).status).toBe(201);
        expect(
          (await client.post('/auth/register', { ...ADA, email: 'ADA@Example.com' })).status,
        ).toBe(409);
        expect(
          (await client.post('/auth/login', { ...ADA, email: 'Ada@Example.COM' })).status,
        ).toBe(200);
        expect((await client.get('/auth/me')).json()).toMatchObject({
          email: ADA.email,
          role: 'user',
        });
        const other = app.client();
        expect((await other.post('/auth/login', ADA)).status).toBe(200);
        const change = { currentPassword: ADA.password, newPassword: 'another quiet harbour' };
        expect((await client.post('/auth/password', change)).status).toBe(200);
        expect((await other.get('/auth/me')).status).toBe(401);
        expect((await other.post('/auth/login', ADA)).status).toBe(401);
        expect(
          (await other.post('/auth/login', { ...ADA, password: change.newPassword })).status,
        ).toBe(200);
      } finally {
        await app.stop();
        await database.drop();
      }
    },
    600_000,
  );
});
