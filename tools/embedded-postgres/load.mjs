// The module for scripts, which cannot import TypeScript. It takes the binaries of the `node_modules` that `dir` sees.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export async function loadEmbeddedPostgres(dir) {
  const outfile = join(dir, `embedded-${process.pid}.mjs`);
  await build({
    stdin: {
      contents: `export * from './index.ts'; export { processIdentity } from './process-identity.ts';`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
  });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(outfile, { force: true });
  }
}
