import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { type PackedLibraries, packedLibraries, succeed } from './support/packages.js';

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly publishConfig?: Readonly<Record<string, unknown>>;
}

const JUNK =
  /\.(?:spec|e2e|fixture)\.|^package\/(?:src|test)\/|simulation|\.map$|tsconfig|(?<!\.d)\.ts$/;
const SOURCES = fileURLToPath(new URL('../libs/', import.meta.url));
const NOT_PACKED = /\.(?:spec|fixture)\.|simulation/;

describe.each(['auth', 'client'] as const)('the package of libs/%s', (library) => {
  let packed: PackedLibraries;
  let files: readonly string[];
  let manifest: Manifest;

  beforeAll(async () => {
    packed = await packedLibraries();
    files = succeed('tar', ['-tzf', packed[library]], packed.folder).trim().split('\n');
    manifest = JSON.parse(
      readFileSync(join(packed.folder, library, 'package.json'), 'utf8'),
    ) as Manifest;
  }, 480_000);

  it('contains code, types, licence and README, but no tests or sources', () => {
    for (const file of ['package.json', 'README.md', 'LICENSE'])
      expect(files).toContain(`package/${file}`);
    expect(files.filter((file) => JUNK.test(file))).toEqual([]);
    // of each source two modules and their types; the rest are manifests, migrations and templates
    const sources = readdirSync(join(SOURCES, library, 'src'), {
      recursive: true,
      encoding: 'utf8',
    }).filter((file) => file.endsWith('.ts') && !NOT_PACKED.test(file));
    expect(files.length).toBeLessThan(4 * sources.length + 120);
  });

  it('has types that compilers before TypeScript 5.7 read', () => {
    const types = files.filter((file) => file.endsWith('.d.ts'));
    expect(types.length).toBeGreaterThan(10);
    const text = (file: string): string =>
      readFileSync(join(packed.folder, library, file.replace('package/', '')), 'utf8');
    expect(types.filter((file) => /\b(?:Buffer|Uint8Array)</.test(text(file)))).toEqual([]);
  });

  // T-8s4t
  it('has no install scripts', () => {
    for (const { scripts = {} } of [
      manifest,
      JSON.parse(readFileSync(join('libs', library, 'package.json'), 'utf8')) as Manifest,
    ])
      expect(Object.keys(scripts).filter((name) => /install|^prepare$/.test(name))).toEqual([]);
    expect(files.filter((file) => /binding\.gyp$/.test(file))).toEqual([]);
  });

  // T-xpfs
  it('names its repository, for provenance', () => {
    expect(manifest).toMatchObject({
      license: 'MIT',
      type: 'module',
      repository: { type: 'git', directory: `libs/${library}` },
      publishConfig: { access: 'public', provenance: true },
      engines: expect.anything(),
    });
  });

  it('passes publint', async () => {
    const { messages } = await publint({
      pkgDir: join(packed.folder, library),
      strict: true,
      pack: false,
    });
    expect(messages).toEqual([]);
  });

  // T-247k
  it('has the right types for every entry, imported, required or resolved without `exports`', async () => {
    const analysis = await checkPackage(
      createPackageFromTarballData(readFileSync(packed[library])),
    );
    expect(analysis).toMatchObject({ types: expect.anything() });
    expect('problems' in analysis ? analysis.problems : []).toEqual([]);
  }, 120_000);

  it('imports only packages that it declares', () => {
    const dist = join(packed.folder, library, 'dist');
    const named = [
      manifest.name,
      ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    ];
    const strangers = readdirSync(dist, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(?:c?js|d\.c?ts)$/.test(file))
      // texts that `nest add` writes for the host, who has those packages
      .filter((file) => !/schematics[\\/]\w+-files\.js$/.test(file))
      .flatMap((file) =>
        imported(readFileSync(join(dist, file), 'utf8')).map((name) => `${file}: ${name}`),
      )
      .filter(
        (line) =>
          !named.some(
            (name) => line.split(': ')[1] === name || line.split(': ')[1]?.startsWith(`${name}/`),
          ),
      );
    expect(strangers).toEqual([]);
  });

  // T-86rg
  it('has a file for every entry point, although dist/ was removed before `npm pack`', () => {
    const paths = JSON.stringify(manifest.exports).match(/\.\/[^"]+\.(?:json|c?js|d\.c?ts)/g) ?? [];
    expect(paths.length).toBeGreaterThan(4);
    expect(paths.filter((path) => !existsSync(join(packed.folder, library, path)))).toEqual([]);
  });
});

describe('the package of libs/auth', () => {
  // T-t336
  it('contains the migrations, and has optional packages only as optional peers', async () => {
    const { folder } = await packedLibraries();
    const at = join(folder, 'auth');
    expect(readdirSync(join(at, 'dist', 'migrations'))).toEqual(
      expect.arrayContaining([...readdirSync('libs/auth/migrations')]),
    );
    const { peerDependencies, peerDependenciesMeta } = JSON.parse(
      readFileSync(join(at, 'package.json'), 'utf8'),
    ) as Manifest;
    const needed = Object.keys(peerDependencies ?? {}).filter(
      (name) => !peerDependenciesMeta?.[name]?.optional,
    );
    expect(needed.sort()).toEqual([
      '@nestjs/common',
      '@nestjs/core',
      '@nestjs/jwt',
      'reflect-metadata',
      'rxjs',
    ]);
  });

  it('loads neither a database driver nor password hashing with its verify-only entry', async () => {
    const loaded = await loadedBy('verify');
    expect(loaded).toEqual(
      expect.arrayContaining([expect.stringContaining('/verify/verify.module.js')]),
    );
    expect(
      loaded.filter((file) => /node_modules\/(?:jose|@nestjs\/common)\//.test(file)),
    ).not.toEqual([]);
    expect(loaded.filter((file) => STORES.test(file) || file.includes('/dist/cjs/issue/'))).toEqual(
      [],
    );
    // the whole of it loads them: the list would show them here
    expect((await loadedBy('')).filter((file) => STORES.test(file))).not.toEqual([]);
  }, 480_000);

  it('does not load the module with its entry for migrations', async () => {
    const loaded = await loadedBy('migration');
    expect(loaded).toEqual(
      expect.arrayContaining([expect.stringContaining('/drizzle/migrate.js')]),
    );
    expect(
      loaded.filter((file) => /\/dist\/cjs\/(?:issue|verify|observe|redis)\//.test(file)),
    ).toEqual([]);
    expect(
      loaded.filter((file) => /node_modules\/(?:@node-rs|@zxcvbn-ts|ioredis)\//.test(file)),
    ).toEqual([]);
  }, 480_000);
});

const STORES =
  /node_modules\/(?:@node-rs\/argon2|argon2|drizzle-orm|pg|ioredis|@zxcvbn-ts|passport|@nestjs\/passport)[\w-]*\//;

/** Every file that a new process has loaded after it required the entry. */
async function loadedBy(entry: string): Promise<readonly string[]> {
  const { folder } = await packedLibraries();
  const file = join(folder, 'auth', 'dist', 'cjs', entry, 'index.js');
  const script = `require(${JSON.stringify(file)});console.log(JSON.stringify(Object.keys(require.cache)))`;
  const args = ['--disable-warning=ExperimentalWarning', '-e', script];
  return JSON.parse(succeed(process.execPath, args, folder)) as string[];
}

function imported(code: string): readonly string[] {
  const found = code.matchAll(/\b(?:from|import|require) ?\(?['"]([@a-z][\w./@-]*)['"]/g);
  return [...found].map(([, name = '']) => name).filter((name) => !isBuiltin(name));
}
