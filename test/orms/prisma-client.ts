import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { build } from 'esbuild';

/** A bundle of this file is in another folder. */
const ROOT = process.cwd();
const SCHEMA = join(ROOT, 'test', 'orms', 'schema.prisma');
const CACHE = join(ROOT, 'node_modules', '.cache', 'tokenward-test');

/** The part of Prisma's generated client that the tests use. */
export interface PrismaClient extends PrismaTx {
  $connect(): Promise<void>;
  $disconnect(): Promise<void>;
  $transaction(run: (tx: PrismaTx) => Promise<void>): Promise<void>;
}

export interface PrismaTx {
  $queryRawUnsafe(text: string, ...parameters: unknown[]): PromiseLike<unknown>;
  readonly person: {
    update(change: { where: { ref: string }; data: { kind: string } }): PromiseLike<unknown>;
  };
}

/**
 * Prisma's own client, made by its own generator. It has no engine: its queries are compiled by WebAssembly and go
 * through `pg`. The generator wants to download an engine that it does not use then; given a path it does not.
 */
export async function prismaClient<Client = PrismaClient>(
  url: string,
  schema = SCHEMA,
): Promise<Client> {
  const { PrismaClient } = (await import(pathToFileURL(await generated(schema)).href)) as {
    readonly PrismaClient: new (options: { adapter: PrismaPg }) => Client;
  };
  const pool = { connectionString: url, max: 4 };
  return new PrismaClient({ adapter: new PrismaPg(pool, { onPoolError: () => undefined }) });
}

/** Once for a schema and a version of Prisma. */
export async function generated(path = SCHEMA): Promise<string> {
  const prisma = createRequire(import.meta.url).resolve('prisma/package.json');
  const schema = readFileSync(path, 'utf8').replace(/^(\s*output\s*=\s*).*$/m, '$1"client"');
  const kind = createHash('sha256').update(schema).update(readFileSync(prisma)).digest('hex');
  const made = join(CACHE, `prisma-${kind.slice(0, 16)}`);
  if (existsSync(made)) return join(made, 'client.mjs');
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(join(CACHE, 'prisma-draft-'));
  writeFileSync(join(draft, 'schema.prisma'), schema);
  execFileSync(
    process.execPath,
    [join(dirname(prisma), 'build', 'index.js'), 'generate', '--schema', 'schema.prisma'],
    {
      cwd: draft,
      stdio: 'pipe',
      env: {
        ...process.env,
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        CHECKPOINT_DISABLE: '1',
      },
    },
  );
  await build({
    entryPoints: [join(draft, 'client', 'client.ts')],
    outfile: join(draft, 'client.mjs'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  try {
    renameSync(draft, made);
  } catch (error) {
    // another process made it first
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(made)) throw error;
  }
  return join(made, 'client.mjs');
}
