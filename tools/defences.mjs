// `npm run defences`: takes each defence of tools/defences/ out, one at a time, in a copy of the working tree, and
// looks whether the tests that are named for it fail. Writes docs/assurance/defences.md; what was found is kept in
// defences.json beside it.
//   npm run defences -- WORD…   only those whose name or file holds one of the words
//   --new          only those that were not taken out yet, or not since they were written anew
//   --check        takes nothing out: says which defences no longer stand where the list has them
//   --no-servers   only those whose tests need neither PostgreSQL nor Redis
//   --report       takes nothing out: writes the report from what is kept
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argumentsOf, refuse } from './arguments.mjs';
import { ACTING } from './defences/acting.mjs';
import { APPLICATIONS } from './defences/applications.mjs';
import { ASVS } from './defences/asvs.mjs';
import { BOUND } from './defences/bound.mjs';
import { CURES } from './defences/cures.mjs';
import { DEVICES } from './defences/devices.mjs';
import { HISTORIES } from './defences/histories.mjs';
import { DPOP } from './defences/dpop.mjs';
import { KeptResults, writeReport } from './defences/kept.mjs';
import { ISSUERS } from './defences/issuers.mjs';
import { OIDC } from './defences/oidc.mjs';
import { OWN_RULES } from './defences/own-rules.mjs';
import { isOnce, placeOf } from './defences/place.mjs';
import { SERVED } from './defences/requirements-served.mjs';
import { REQUIREMENTS } from './defences/requirements.mjs';
import { RFCS } from './defences/rfcs.mjs';
import { ROWS } from './defences/rows.mjs';
import { SPENDING } from './defences/spending.mjs';
import { STANDARDS_SERVED } from './defences/standards-served.mjs';
import { STANDARDS } from './defences/standards.mjs';
import { testsById } from './defences/tests.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, words } = argumentsOf(
  {
    new: { type: 'boolean' },
    check: { type: 'boolean' },
    report: { type: 'boolean' },
    'no-servers': { type: 'boolean' },
  },
  'words',
);
const withServers = !values['no-servers'];
const named = testsById(root);
const kept = new KeptResults(root);

const all = [
  ...OWN_RULES,
  ...HISTORIES,
  ...ACTING,
  ...DEVICES,
  ...DPOP,
  ...OIDC,
  ...ISSUERS,
  ...ASVS,
  ...RFCS,
  ...ROWS,
  ...CURES,
  ...BOUND,
  ...SPENDING,
  ...REQUIREMENTS,
  ...STANDARDS,
  ...SERVED,
  ...STANDARDS_SERVED,
  ...APPLICATIONS,
].map((defence) => ({ ...defence, tests: defence.seen.map(testOf) }));
const chosen = all
  .filter(
    ({ of, file }) =>
      words.length === 0 || words.some((word) => of.includes(word) || file.includes(word)),
  )
  .filter((defence) => !values.new || !kept.of(defence));
if (chosen.length === 0) refuse('no such defence');
if (values.report) {
  await writeReport(root, all, kept);
  process.exit(0);
}
if (values.check) {
  const gone = chosen.filter(
    ({ file, take }) => !isOnce(take, readFileSync(join(root, file), 'utf8')),
  );
  for (const { of, what, file } of gone)
    console.error(
      `${file} changed: say in tools/defences/ what is to be taken out for “${of}: ${what}”`,
    );
  process.exit(gone.length > 0 ? 1 : 0);
}
const copy = mkdtempSync(join(tmpdir(), 'tokenward-defences-'));
const lived = [];
let tried = 0;
try {
  copyTree();
  for (const defence of chosen) {
    if (!withServers && defence.tests.every(({ path }) => isServed(path))) continue;
    const killers = withoutIt(defence);
    console.log(`${killers.length > 0 ? 'seen ' : 'LIVED'} ${defence.of}: ${defence.what}`);
    if (killers.length === 0) lived.push(defence);
    kept.note(
      defence,
      killers.map(({ id }) => id),
    );
    await kept.write(all);
    tried += 1;
  }
} finally {
  rmSync(copy, { recursive: true, force: true, maxRetries: 5 });
}
await writeReport(root, all, kept);
console.log(`\n${tried - lived.length} passed, ${lived.length} failed`);
process.exitCode = lived.length > 0 || tried === 0 ? 1 : 0;

function testOf(id) {
  return named.get(id) ?? stop(`${id} is above no test`);
}

function isServed(path) {
  return path.startsWith('test/') || /^libs\/auth\/src\/(?:drizzle|redis|cli)\//.test(path);
}

/** Tracked and new files, not what is ignored; the packages stay where they are. */
function copyTree() {
  const listed = spawnSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    },
  );
  for (const path of listed.stdout
    .split('\0')
    .filter((each) => each && existsSync(join(root, each)))) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path), { preserveTimestamps: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  // the demo of the end-to-end tests is what was built
  if (!chosen.some(({ built }) => built) || !withServers) return;
  const { status } = spawnSync(process.execPath, ['tools/build.mjs'], {
    cwd: copy,
    stdio: 'inherit',
  });
  if (status !== 0) stop('the build failed');
}

/** Which of the named tests fail without it. */
function withoutIt({ of, file, take, leave, tests, built, env }) {
  const places = [
    join(copy, file),
    ...(built && withServers ? [join(copy, 'dist', file.replace(/\.ts$/, '.js'))] : []),
  ];
  const texts = places.map((path) => readFileSync(path, 'utf8'));
  texts.forEach((text, at) => {
    if (!isOnce(take, text)) stop(`${of}: ${places[at]} holds this not once: ${take}`);
    writeFileSync(
      places[at],
      text.replace(placeOf(take), () => leave),
    );
  });
  if (built && withServers)
    spawnSync(process.execPath, ['tools/bundle-apps.mjs'], { cwd: copy, stdio: 'inherit' });
  try {
    return tests.filter((test) => (withServers || !isServed(test.path)) && fails(test, env));
  } finally {
    texts.forEach((text, at) => writeFileSync(places[at], text));
  }
}

function fails({ path, title }, more) {
  const out = join(copy, 'outcome.json');
  rmSync(out, { force: true });
  const jest = isServed(path)
    ? ['test/support/run.mjs', '--no-build']
    : [
        '--experimental-vm-modules',
        '--disable-warning=ExperimentalWarning',
        'node_modules/jest/bin/jest.js',
        '--config',
        'jest.unit.config.mjs',
      ];
  const { stderr, stdout } = spawnSync(
    process.execPath,
    [
      ...jest,
      '--json',
      `--outputFile=${out}`,
      '--forceExit',
      '-t',
      title,
      '--runTestsByPath',
      path,
    ],
    {
      cwd: copy,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      env: { ...process.env, FUZZ_RUNS: '20000', ...more },
    },
  );
  if (!existsSync(out)) stop(`${path} did not run:\n${stdout}${stderr}`);
  const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(out, 'utf8'));
  if (numFailedTests + numPassedTests === 0)
    stop(`${path} has no test “${title}” that ran:\n${stderr}`);
  return numFailedTests > 0;
}

function stop(problem) {
  rmSync(copy, { recursive: true, force: true, maxRetries: 5 });
  console.error(problem);
  process.exit(1);
}
