import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

// esbuild's own choice for `--platform=node`, where `import.meta.url` is undefined
it('a bundle in the format of CommonJS loads, and a migration says what is missing', async () => {
  const cache = join(ROOT, 'node_modules', '.cache', 'tokenward-test');
  mkdirSync(cache, { recursive: true });
  const outfile = join(mkdtempSync(join(cache, 'bundle-')), 'bundle.cjs');
  await build({
    entryPoints: [join(ROOT, 'libs/auth/src/drizzle/migrate.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
  });
  const migrates = `require(${JSON.stringify(outfile)}).migrateAuth({}).catch((error) => console.log(error.message))`;
  const printed = execFileSync(process.execPath, ['-e', migrates], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
  expect(printed).toMatch(
    /^migrateAuth: its SQL files are not beside its code.*`tokenward migrate`/,
  );
});
