import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT, runIn } from './support/consumer-app.js';
import { freePort } from './support/redis-server.mjs';
import { createDatabase } from './support/databases.js';
import { type PackedLibraries, packedLibraries } from './support/packages.js';
import { scratchDir } from './support/run-environment.js';

/** `npm run examples`: what each README says, in an empty folder, with the library as it is packed. */
describe('examples as they are installed', () => {
  let packed: PackedLibraries;
  beforeAll(async () => {
    packed = await packedLibraries();
  }, 300_000);

  it.each(['typeorm', 'prisma', 'http-users', 'mcp'])(
    '%s: npm install, build, sign in, revoke',
    async (name) => {
      const folder = join(scratchDir('example'), name);
      cpSync(join(ROOT, 'examples', name), folder, { recursive: true });
      const path = join(folder, 'package.json');
      const manifest = JSON.parse(readFileSync(path, 'utf8')) as {
        readonly dependencies: Record<string, string>;
        readonly scripts: Record<string, string>;
      };
      manifest.dependencies['@tokenward/nestjs'] = `file:${packed.auth}`;
      writeFileSync(path, JSON.stringify(manifest));
      const database = await createDatabase();
      // Prisma's generator downloads an engine that the client does not use, unless it is given a path
      const env = { DATABASE_URL: database.url, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath };
      try {
        const port = String(await freePort());
        const set = Object.entries({ ...env, PORT: port }).map((each) => each.join('='));
        const npm = (...args: readonly string[]) => runIn(folder, 'env', ...set, 'npm', ...args);
        await npm('install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error');
        for (const script of ['keys', 'generate', 'build'])
          if (script in manifest.scripts) await npm('run', script);
        expect(await npm('test')).toMatch(/# fail 0|fail 0/);
      } finally {
        await database.drop();
      }
    },
    600_000,
  );
});
