// The demo's page: apps/demo/web bundled into a folder that the demo serves. Scripts and styles get names with a hash
// of what is in them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../apps/demo/web', import.meta.url));

/** Throws with esbuild's own messages. */
export async function buildPage(outDir) {
  // imported here, so that tools/build.mjs can report missing development dependencies
  const { build } = await import('esbuild');
  const { metafile } = await build({
    entryPoints: [join(source, 'main.tsx'), join(source, 'styles', 'main.css')],
    entryNames: '[name]-[hash]',
    outdir: join(outDir, 'assets'),
    tsconfig: join(source, 'tsconfig.json'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    sourcemap: 'linked',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  let html = readFileSync(join(source, 'index.html'), 'utf8');
  for (const [path, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (!entryPoint) continue;
    const name = relative(source, entryPoint).replaceAll('\\', '/');
    html = html.replace(`"/${name}"`, `"/assets/${path.split('/').at(-1)}"`);
  }
  mkdirSync(outDir, { recursive: true });
  writeFileSync(join(outDir, 'index.html'), html);
}
