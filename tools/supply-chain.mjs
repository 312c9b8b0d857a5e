// `npm run supply-chain`: what a company asks before it installs. Writes docs/assurance/supply-chain.md; needs the npm
// registry.
//   - packs both packages twice, from two folders, in another time zone and under another umask: the tarballs are equal to the byte
//   - lists what each brings along, with licences and install scripts
//   --out <dir>   puts the tarballs, their checksums and a CycloneDX SBOM of each there, for a release
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { argumentsOf } from './arguments.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'docs', 'assurance', 'supply-chain.md');
const { values } = argumentsOf({ out: { type: 'string' } });
const out = values.out && resolve(values.out);
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
const LIBRARIES = ['auth', 'client'];
/** Each of them allows a host what MIT allows. */
const LICENCES = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD'];

const problems = [];
const scratch = mkdtempSync(join(tmpdir(), 'tokenward-supply-'));
try {
  const [first, second] = [
    packedIn(join(scratch, 'one'), { TZ: 'UTC' }, 0o022),
    packedIn(join(scratch, 'a-longer-name', 'two'), { TZ: 'Asia/Tokyo', LC_ALL: 'C' }, 0o077),
  ];
  const tarballs = first.map((tarball, index) => {
    const [hash, again] = [sha256(tarball.path), sha256(second[index].path)];
    if (hash !== again) problems.push(`${tarball.name}: two builds differ`);
    return { ...tarball, hash, same: hash === again };
  });
  const brought = LIBRARIES.map((library) => ({
    library,
    packages: closureOf(library),
    sbom: sbomOf(library),
  }));
  check(brought);
  if (out) hand(out, tarballs, brought);
  await report(tarballs, brought);
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}
for (const problem of problems) console.error(problem);
console.log(`\n${problems.length === 0 ? LIBRARIES.length : 0} passed, ${problems.length} failed`);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Copies only the tracked files, with the installed packages. */
function packedIn(folder, environment, mask) {
  const env = { ...process.env, ...environment };
  const files = succeed('git', ['ls-files', '-z'], root).split('\0');
  const before = process.umask(mask);
  try {
    for (const path of files.filter((each) =>
      /^(?:libs|tools|LICENSE|package\.json|tsconfig\.json)/.test(each),
    )) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      cpSync(join(root, path), join(folder, path));
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const built = join(folder, 'out');
    succeed(process.execPath, ['tools/build-libs.mjs', '--out', built], folder, env);
    return LIBRARIES.map((library) => {
      succeed(
        'npm',
        ['pack', '--pack-destination', built, '--loglevel', 'error'],
        join(built, library),
        env,
      );
      const name = readdirSync(built).find(
        (each) => each.endsWith('.tgz') && each.includes(library === 'auth' ? 'nestjs' : library),
      );
      return { library, name, path: join(built, name) };
    });
  } finally {
    process.umask(before);
  }
}

function manifestOf(library) {
  return JSON.parse(readFileSync(join(root, 'libs', library, 'package.json'), 'utf8'));
}

/**
 * What npm installs for somebody who has nothing of it yet: dependencies and the peers that are not optional, with
 * theirs.
 */
function closureOf(library) {
  const found = new Map();
  const open = wantedBy(manifestOf(library)).map((name) => ({ name, from: '' }));
  for (let next = open.pop(); next; next = open.pop()) {
    const path = placeOf(next.name, next.from);
    if (!path || found.has(path)) continue;
    const {
      version,
      license = licenceOf(path),
      hasInstallScript: script = false,
      ...manifest
    } = lock[path];
    found.set(path, { name: next.name, version, license, script });
    open.push(...wantedBy(manifest).map((name) => ({ name, from: path })));
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function wantedBy({
  dependencies = {},
  optionalDependencies = {},
  peerDependencies = {},
  peerDependenciesMeta = {},
}) {
  const peers = Object.keys(peerDependencies).filter(
    (name) => !peerDependenciesMeta[name]?.optional,
  );
  return [...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...peers];
}

function placeOf(name, from) {
  for (
    let folder = from;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))
  ) {
    const path = `${folder ? `${folder}/` : ''}node_modules/${name}`;
    if (lock[path]) return path;
    if (folder === '') return undefined;
  }
}

function licenceOf(path) {
  const manifest = join(root, path, 'package.json');
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).license : undefined;
}

/** Made by npm itself, for the tested versions. */
function sbomOf(library) {
  const { name, version, license } = manifestOf(library);
  const folder = join(scratch, `sbom-${library}`);
  const direct = wantedBy(manifestOf(library)).map((each) => [
    each,
    lock[`node_modules/${each}`].version,
  ]);
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name, version, license, dependencies: Object.fromEntries(direct) }),
  );
  succeed(
    'npm',
    ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'],
    folder,
  );
  return succeed(
    'npm',
    ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'library'],
    folder,
  );
}

function check(brought) {
  for (const { library, packages, sbom } of brought) {
    const { bomFormat, components = [] } = JSON.parse(sbom);
    if (bomFormat !== 'CycloneDX') problems.push(`${library}: no CycloneDX SBOM`);
    const listed = new Set(
      components.map(({ name, group }) => (group ? `${group}/${name}` : name)),
    );
    const { dependencies = {} } = manifestOf(library);
    for (const name of Object.keys(dependencies))
      if (!listed.has(name)) problems.push(`${library}: ${name} is not in the SBOM`);
    for (const { name, license } of packages)
      if (!LICENCES.includes(license))
        problems.push(`${library}: ${name} has the licence ${license ?? '(none)'}`);
    const scripts = Object.keys(manifestOf(library).scripts ?? {}).filter((each) =>
      /install|^prepare$/.test(each),
    );
    if (scripts.length > 0)
      problems.push(`${library}: runs ${scripts.join(', ')} where it is installed`);
  }
}

function hand(folder, tarballs, brought) {
  mkdirSync(folder, { recursive: true });
  for (const { path, name } of tarballs) copyFileSync(path, join(folder, name));
  writeFileSync(
    join(folder, 'SHA256SUMS'),
    tarballs.map(({ hash, name }) => `${hash}  ${name}\n`).join(''),
  );
  for (const { library, sbom } of brought) writeFileSync(join(folder, `${library}.cdx.json`), sbom);
}

async function report(tarballs, brought) {
  const builds = tarballs.map(
    ({ name, hash, same }) => `| ${name} | \`${hash}\` | ${same ? 'equal' : '**differ**'} |`,
  );
  const lists = brought.map(({ library, packages, sbom }) => {
    const rows = packages.map(
      ({ name, version, license, script }) =>
        `| ${name} | ${version} | ${license} | ${script ? 'yes' : ''} |`,
    );
    const { components = [] } = JSON.parse(sbom);
    return `## What ${manifestOf(library).name} brings\n\n${packages.length} packages, with the peers that it needs; ${components.length} components in its SBOM. Optional peers are what you chose yourself.\n\n${rows.length > 0 ? `| package | version | licence | install script |\n| --- | --- | --- | --- |\n${rows.join('\n')}` : 'Nothing.'}\n`;
  });
  const text = `# Supply chain

Written by \`npm run supply-chain\` on ${new Date().toISOString().slice(0, 10)}. Neither package runs anything where it is installed (no \`preinstall\`, \`install\`, \`postinstall\`, \`prepare\`).

## Two builds

From two folders, in another time zone and under another umask, with the same \`package-lock.json\`.

| tarball | SHA-256 | the second build |
| --- | --- | --- |
${builds.join('\n')}

To do it again: check the tag out, \`npm ci\`, \`npm run supply-chain -- --out release\`, and compare \`release/SHA256SUMS\` with those of the release.

${lists.join('\n')}`;
  writeFileSync(target, await format(text, { ...(await resolveConfig(target)), filepath: target }));
}

function sha256(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function succeed(command, args, cwd, env = process.env) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 27,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`);
  return stdout;
}
