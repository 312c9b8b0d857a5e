import { readFileSync } from 'node:fs';
import type { Rule, SchematicContext, Tree } from '@angular-devkit/schematics';
import { addDependencies, addLines, importModule, prepareMain, prepareTest } from './edits.js';
import { type OrmFiles, type UsersOrm, usersOrm } from './orms.js';
import { prismaFiles } from './prisma-files.js';
import { typeormFiles } from './typeorm-files.js';

export interface NestAddOptions {
  /** `nest add` sets it. Default `src`. */
  readonly sourceRoot?: string;
  /** Default false: the package manager runs if package.json has changed. */
  readonly skipInstall?: boolean;
  /** The ORM of the users table. Default: the one in package.json, `drizzle` if there is none. */
  readonly orm?: UsersOrm;
}

const template = (name: string): string =>
  readFileSync(new URL(`files/${name}`, import.meta.url), 'utf8');

/** As `nest add` itself decides: `npm install` in a tree of pnpm breaks both. */
const LOCK_FILES = {
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
} as const;

const SCAFFOLD_TEST = 'test/app.e2e-spec.ts';
const NEXT_STEPS = `
Tokenward is in place. What is left to do:

  1. Make a signing key:     npx tokenward keys generate --dir keys --algorithm ES256
  2. Set the environment:    DATABASE_URL (PostgreSQL) and, if there is one, REDIS_URL; .env.example has every variable.
                             Nest reads a file with: npm start -- --env-file .env (ConfigModule reads it too late)
  3. Start:                  npm start
                             Cookies are Secure, which browsers take from http://localhost as well; for Safari there,
                             and for plain http elsewhere, set COOKIE_SECURE=false while you develop
  4. Guard what needs it:    @UseGuards(JwtAuthGuard) on a controller, @CurrentUser() in a handler

Nobody can register until ALLOW_REGISTRATION=true. The guide goes on with a protected route:
https://github.com/tokenward/tokenward/blob/main/docs/getting-started.md#5-a-protected-route
`;

/**
 * `nest add @tokenward/nestjs`. Adds what is missing and changes nothing that exists, so a second
 * run does nothing. Only the types of the devkit are imported, because the tool that runs this
 * brings the devkit.
 */
export function nestAdd({ sourceRoot = 'src', skipInstall = false, orm }: NestAddOptions): Rule {
  return (tree: Tree, context: SchematicContext): void => {
    const fresh = !tree.exists(`${sourceRoot}/auth/auth.setup.ts`);
    const manifest = JSON.parse(read(tree, 'package.json') ?? '{}') as { readonly type?: string };
    // an ES module names the file that it imports, CommonJS leaves that to the resolver
    const local = (code: string): string =>
      manifest.type === 'module' ? code : code.replace(/(from '\.[^']*)\.js'/g, "$1'");

    const users = fresh
      ? ormFiles(tree, sourceRoot, usersOrm(read(tree, 'package.json') ?? '{}', orm))
      : NOTHING;
    for (const [name, code] of Object.entries(users.files))
      if (!tree.exists(`${sourceRoot}/auth/${name}`))
        tree.create(`${sourceRoot}/auth/${name}`, local(code));
    if (fresh) tree.create(`${sourceRoot}/auth/auth.setup.ts`, local(setupOf(users)));
    edit(tree, `${sourceRoot}/app.module.ts`, (code) => importModule(code, local), context);
    edit(tree, `${sourceRoot}/main.ts`, (code) => prepareMain(code, local), context);
    if (tree.exists(SCAFFOLD_TEST)) edit(tree, SCAFFOLD_TEST, prepareTest, context);
    const before = read(tree, 'package.json');
    edit(tree, 'package.json', addDependencies, context);
    upsert(tree, '.env.example', (text) => addLines(text, template('env.template'), /^([A-Z_]+)=/));
    upsert(tree, '.gitignore', (text) => addLines(text, '/keys\n.env\n', /^(.+)$/));

    if (!skipInstall && read(tree, 'package.json') !== before)
      context.addTask({
        toConfiguration: () => ({
          name: 'node-package',
          options: { command: 'install', quiet: true, packageManager: packageManagerOf(tree) },
        }),
      });
    if (fresh) context.logger.info(`${NEXT_STEPS}\n${users.note}\n`);
  };
}

const NOTHING: OrmFiles = { files: {}, setup: [], note: '' };

function ormFiles(tree: Tree, sourceRoot: string, orm: UsersOrm): OrmFiles {
  if (orm === 'typeorm') return typeormFiles(tree, sourceRoot, template);
  if (orm === 'prisma') return prismaFiles(tree, sourceRoot, template);
  return { ...NOTHING, files: { 'database.ts': template('database.ts.template') } };
}

function packageManagerOf(tree: Tree): string | undefined {
  return Object.entries(LOCK_FILES).find(([name]) => tree.exists(name))?.[1];
}

function setupOf({ setup }: OrmFiles): string {
  return setup.reduce(
    (text, [drizzle, own]) => text.replace(drizzle, () => own),
    template('auth.setup.ts.template'),
  );
}

function read(tree: Tree, path: string): string | undefined {
  return tree.read(path)?.toString('utf8');
}

function edit(
  tree: Tree,
  path: string,
  change: (code: string) => string | undefined,
  { logger }: SchematicContext,
): void {
  const before = read(tree, path);
  const after = before === undefined ? undefined : change(before);
  if (after === undefined)
    logger.warn(`${path} was left alone: see docs/getting-started-by-hand.md for what goes there`);
  else if (after !== before) tree.overwrite(path, after);
}

function upsert(tree: Tree, path: string, change: (text: string) => string): void {
  const before = read(tree, path);
  const after = change(before ?? '');
  if (before === undefined) tree.create(path, after);
  else if (after !== before) tree.overwrite(path, after);
}
