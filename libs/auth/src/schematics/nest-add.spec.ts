import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type {
  SchematicContext,
  TaskConfigurationGenerator,
  Tree,
} from '@angular-devkit/schematics';
import ts from 'typescript';
import { type NestAddOptions, nestAdd } from './nest-add.js';

const APP = {
  'src/app.module.ts':
    "import { Module } from '@nestjs/common';\n\n@Module({ imports: [] })\nexport class AppModule {}\n",
  'src/main.ts':
    "import { NestFactory } from '@nestjs/core';\nimport { AppModule } from './app.module.js';\n\nconst app = await NestFactory.create(AppModule);\n",
};
const manifest = (dependencies: Record<string, string>) =>
  JSON.stringify({
    type: 'module',
    dependencies: { '@nestjs/common': '^12.0.0', ...dependencies },
  });
const TYPEORM = { 'package.json': manifest({ '@nestjs/typeorm': '^12.0.0', typeorm: '^1.0.0' }) };
const PRISMA = { 'package.json': manifest({ '@prisma/client': '^7.0.0' }) };
const SERVICE = { 'src/prisma.service.ts': 'export class PrismaService {}\n' };
const schema = (model: string) => ({
  'prisma/schema.prisma': `model Post {\n  id Int @id\n}\n\nmodel User {\n${model}\n}\n`,
});

/** Jest cannot load the devkit's tree, so this implements the part that is used. */
class MemoryTree {
  readonly files = new Map<string, string>();
  exists = (path: string): boolean => this.files.has(path);
  create = (path: string, text: string): unknown => this.files.set(path, text);
  overwrite = this.create;
  read(path: string): Buffer | null {
    const text = this.files.get(path.replace(/^\//, ''));
    return text === undefined ? null : Buffer.from(text);
  }
  getDir(folder: string) {
    return {
      visit: (see: (path: string) => void): void => {
        for (const path of this.files.keys()) if (path.startsWith(`${folder}/`)) see(`/${path}`);
      },
    };
  }
}

function added(files: Record<string, string>, options: NestAddOptions = {}) {
  const tree = new MemoryTree();
  for (const [path, text] of Object.entries({ ...APP, ...files })) tree.create(path, text);
  const said: string[] = [];
  const note = (text: string): void => void said.push(text);
  const tasks: unknown[] = [];
  const addTask = (task: TaskConfigurationGenerator) => tasks.push(task.toConfiguration());
  const context = { logger: { info: note, warn: note }, addTask } as unknown as SchematicContext;
  const run = (): void =>
    void nestAdd({ skipInstall: true, ...options })(tree as unknown as Tree, context);
  run();
  const read = (path: string): string => tree.read(path)?.toString('utf8') ?? '';
  const paths: string[] = [];
  tree.getDir('src/auth').visit((path) => paths.push(path.replace('/src/auth/', '')));
  return { read, paths: paths.sort(), said: said.join('\n'), run, tasks };
}

/** Checks the syntax only. `npm run examples` compiles and starts the code. */
function faults(code: string): string[] {
  const { diagnostics = [] } = ts.transpileModule(code, {
    reportDiagnostics: true,
    compilerOptions: { experimentalDecorators: true },
  });
  return diagnostics.map(({ messageText }) => String(messageText));
}

/** What the code imports from Tokenward, as `entry: name`. */
function importedOf(code: string): string[] {
  return statementsOf(code).flatMap((each) => {
    if (!ts.isImportDeclaration(each) || !ts.isStringLiteral(each.moduleSpecifier)) return [];
    const { text } = each.moduleSpecifier;
    const names = each.importClause?.namedBindings;
    if (!text.startsWith('@tokenward/nestjs') || !names || !ts.isNamedImports(names)) return [];
    return names.elements.map(
      ({ name, propertyName }) => `${text}: ${(propertyName ?? name).text}`,
    );
  });
}

/** What an entry point of Tokenward exports, as `entry: name`. */
function exportedOf(entry: string): string[] {
  const path = `..${entry.slice('@tokenward/nestjs'.length)}/index.ts`;
  return statementsOf(readFileSync(new URL(path, import.meta.url), 'utf8')).flatMap((each) =>
    ts.isExportDeclaration(each) && each.exportClause && ts.isNamedExports(each.exportClause)
      ? each.exportClause.elements.map(({ name }) => `${entry}: ${name.text}`)
      : [],
  );
}

const statementsOf = (code: string): readonly ts.Statement[] => [
  ...ts.createSourceFile('a.ts', code, ts.ScriptTarget.Latest).statements,
];

describe('nest add finds the library that stores the users', () => {
  it('no library: creates a Drizzle table', () => {
    const { paths, read } = added({ 'package.json': manifest({}) });
    expect(paths).toEqual(['auth.setup.ts', 'database.ts']);
    expect(read('src/auth/auth.setup.ts')).toContain('users: { table: users');
  });

  it('cookies are Secure unless one variable switches it off, whatever NODE_ENV is', () => {
    const { read, said } = added({ 'package.json': manifest({}) });
    expect(read('src/auth/auth.setup.ts')).toContain(
      "cookies: { secure: COOKIE_SECURE !== 'false' },",
    );
    expect(read('src/auth/auth.setup.ts')).not.toContain('NODE_ENV');
    expect(read('.env.example')).toContain('COOKIE_SECURE=true');
    expect(said).toContain('COOKIE_SECURE=false while you develop');
  });

  it('TypeORM: adds a directory, and an entity where there is none', () => {
    const { paths, read, said } = added(TYPEORM);
    expect(paths).toEqual(['auth.setup.ts', 'database.ts', 'typeorm-users.ts', 'user.entity.ts']);
    expect(read('src/auth/auth.setup.ts')).toContain('users: new TypeormUsers(users),');
    expect(read('src/auth/auth.setup.ts')).not.toContain('passwordHash');
    expect(read('src/auth/database.ts')).not.toContain('create table');
    expect(said).toContain('auth/user.entity.ts');
  });

  const idOf = (decorator: string, type: string) =>
    `  ${decorator}\n  id!: ${type};\n\n  @Column()\n`;
  it.each([
    ['@PrimaryGeneratedColumn()', 'number', '2_147_483_647'],
    ["@PrimaryGeneratedColumn({ type: 'bigint' })", 'number', 'MAX_SAFE_INTEGER'],
    ["@PrimaryGeneratedColumn('increment', { type: 'bigint' })", 'string', '{0,17}$/.test(id)'],
    ["@PrimaryGeneratedColumn('uuid')", 'string', 'UUID.test(id)'],
    ["@PrimaryColumn({ type: 'uuid' })", 'string', 'UUID.test(id)'],
    ['@PrimaryColumn()', 'string', "id.includes('\\0')"],
  ])("TypeORM: the host's own entity, with an id that is %s, a %s", (decorator, type, check) => {
    const entity = `import { Entity } from 'typeorm';\n@Entity('people')\nexport class User {\n${idOf(decorator, type)}  email!: string;\n}\n`;
    const { paths, read, said } = added({
      ...TYPEORM,
      'src/users/entities/user.entity.ts': entity,
    });
    expect(paths).toEqual(['auth.setup.ts', 'database.ts', 'typeorm-users.ts']);
    for (const name of ['auth.setup.ts', 'typeorm-users.ts'])
      expect(read(`src/auth/${name}`)).toContain(
        "import { User } from '../users/entities/user.entity.js';",
      );
    expect(read('src/auth/typeorm-users.ts')).toContain(check);
    expect(said).toContain('src/users/entities/user.entity.ts');
  });

  // a second entity of that table would remove the columns of the first, where TypeORM synchronises
  it.each([
    ["@Entity('accounts')\nexport class UserEntity", '{ UserEntity as User }'],
    ['@Entity()\n@Index(["mail"])\nexport class Users', '{ Users as User }'],
    ["@Entity('users')\nexport class Account", '{ Account as User }'],
    ["@Entity({ schema: 'crm', name: 'users' })\nexport class Person", '{ Person as User }'],
    ['@Entity("user")\nexport default class Member', 'User'],
  ])('TypeORM: the entity of the users by another name: %j', (head, imported) => {
    const entity = `import { Entity } from 'typeorm';\n${head} {\n${idOf('@PrimaryColumn()', 'string')}  password!: string;\n}\n`;
    const { paths, read } = added({ ...TYPEORM, 'src/people.ts': entity });
    expect(paths).toEqual(['auth.setup.ts', 'database.ts', 'typeorm-users.ts']);
    for (const name of ['auth.setup.ts', 'typeorm-users.ts'])
      expect(read(`src/auth/${name}`)).toContain(`import ${imported} from '../people.js';`);
    const users = read('src/auth/typeorm-users.ts');
    expect(users).toContain("addSelect('person.password')");
    expect(users).toContain('password: passwordHash');
    expect(users).not.toContain('{{');
    expect(faults(users)).toEqual([]);
  });

  it.each([
    ['pnpm-lock.yaml', 'pnpm'],
    ['yarn.lock', 'yarn'],
    ['bun.lock', 'bun'],
    ['package-lock.json', undefined],
  ])('beside %s it asks %s to install', (lock, packageManager) => {
    const { tasks } = added({ 'package.json': manifest({}), [lock]: '' }, { skipInstall: false });
    expect(tasks).toEqual([
      { name: 'node-package', options: { command: 'install', quiet: true, packageManager } },
    ]);
  });

  it('users in another database are left to the host’s own directory', () => {
    const mysql = { 'package.json': manifest({ '@nestjs/typeorm': '^12.0.0', mysql2: '^3.0.0' }) };
    expect(() => added(mysql)).toThrow('TypeORM on mysql2');
    const sqlite = `datasource db {\n  provider = "sqlite"\n}\n`;
    const model = schema('  id Int @id\n  password String')['prisma/schema.prisma'];
    expect(() => added({ ...PRISMA, ...SERVICE, 'prisma/schema.prisma': sqlite + model })).toThrow(
      'Prisma on sqlite',
    );
  });

  it.each([
    [
      '  id Int @id @default(autoincrement())\n  email String @unique\n  password String',
      '"id" = $1::int',
      '"password" as "passwordHash"',
      '"User"',
    ],
    [
      '  id String @id @db.Uuid\n  email String\n  passwordHash String? @map("password_hash")\n  name String?\n  @@map("users")',
      '"id" = $1::uuid',
      '"password_hash" as "passwordHash"',
      '"users"',
    ],
    [
      '  id BigInt @id @map("user_id")\n  email String\n  passwordHash String?',
      '"user_id" = $1::bigint',
      '"user_id"::text as id',
    ],
    [
      '  id String @id @default(cuid())\n  email String @map("mail")\n  passwordHash String?',
      '"id" = $1::text',
      '"mail" as email',
      'lower("mail")',
    ],
  ])('Prisma: the model as it is: %j', (model, ...parts) => {
    const { paths, read } = added({ ...PRISMA, ...SERVICE, ...schema(model) });
    expect(paths).toEqual(['auth.setup.ts', 'database.ts', 'prisma-users.ts', 'prisma.module.ts']);
    for (const part of parts) expect(read('src/auth/prisma-users.ts')).toContain(part);
    expect(read('src/auth/prisma-users.ts')).not.toContain('{{');
    expect(read('src/auth/auth.setup.ts')).toContain(
      "import { PrismaService } from '../prisma.service.js';",
    );
    // Prisma reports an unknown table in `public` as drift
    expect(read('src/auth/database.ts')).toContain("migrateAuth(db, { schema: 'tokenward' })");
    expect(read('src/auth/auth.setup.ts')).toContain('drizzleStorage(db, { schema: authSchema })');
  });

  it('Prisma: missing parts are reported, and nothing is written partially', () => {
    expect(() => added({ ...PRISMA, ...schema('  id Int @id') })).toThrow(
      'no class PrismaService under src',
    );
    expect(() => added({ ...PRISMA, ...SERVICE })).toThrow('no "model User"');
    expect(() =>
      added({ ...PRISMA, ...SERVICE, ...schema('  id Int @id\n  email String') }),
    ).toThrow('no passwordHash');
    expect(added(PRISMA, { orm: 'drizzle' }).paths).toEqual(['auth.setup.ts', 'database.ts']);
  });

  const HOSTS: readonly (readonly [string, Record<string, string>])[] = [
    ['Drizzle', { 'package.json': manifest({}) }],
    ['TypeORM', TYPEORM],
    [
      'Prisma',
      {
        ...PRISMA,
        ...SERVICE,
        ...schema('  id Int @id\n  email String\n  password String\n  name String?'),
      },
    ],
  ];

  it.each(HOSTS)('%s: every import from Tokenward is exported there', (_, files) => {
    const { read, paths } = added(files);
    const imported = paths.flatMap((name) => importedOf(read(`src/auth/${name}`)));
    const entries = new Set(imported.map((each) => each.split(': ')[0] ?? ''));
    const exported = new Set([...entries].flatMap(exportedOf));
    expect(imported.filter((each) => !exported.has(each))).toEqual([]);
    expect(imported).toContain('@tokenward/nestjs/drizzle: drizzleStorage');
  });

  it.each(HOSTS)(
    '%s: an environment that is read too late stops the start with a clear message',
    (_, files) => {
      expect(added(files).read('src/auth/database.ts')).toContain(
        "if (!DATABASE_URL) throw new Error('DATABASE_URL is not set at the start",
      );
    },
  );

  it.each(HOSTS)(
    '%s: the output is valid TypeScript, and a second run changes nothing',
    (_, files) => {
      const { read, paths, run } = added(files);
      const before = paths.map((name) => read(`src/auth/${name}`));
      for (const code of before) expect(faults(code)).toEqual([]);
      run();
      expect(paths.map((name) => read(`src/auth/${name}`))).toEqual(before);
    },
  );
});
