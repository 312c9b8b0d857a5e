// `npm run mutation`: Stryker changes the code that guards, one place at a time, and the specs have to see it. Writes
// docs/assurance/mutation.md.
//   npm run mutation -- tokens keys     only these slices (tools/mutation/slices.mjs)
//   npm run mutation -- pem.ts          only files whose path holds the word
//   --changed=main                      only files that differ from that commit; writes no report
// What a file scored is kept in docs/assurance/mutation.json, so that the slices can be run on different days.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argumentsOf, refuse } from './arguments.mjs';
import { scoreOf, writeReport } from './mutation/report.mjs';
import { SLICES } from './mutation/slices.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const kept = join(root, 'docs', 'assurance', 'mutation.json');
const { values, words } = argumentsOf({ changed: { type: 'string' } }, 'words');
const { changed } = values;
const scratch = mkdtempSync(join(tmpdir(), 'tokenward-mutation-'));
// read again for each file: another run may have written meanwhile
const recorded = () => (existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : {});

const parts = Object.entries(SLICES)
  .flatMap(([slice, files]) => files.map((each) => ({ slice, ...each })))
  .filter(
    ({ slice, file }) =>
      words.length === 0 || words.some((word) => slice === word || file.includes(word)),
  )
  .filter(({ file }) => !changed || isChanged(file));
if (parts.length === 0 && !changed) refuse(`no file or slice holds ${words.join(' or ')}`);
let weak = 0;
try {
  for (const part of parts) {
    const result = mutated(part);
    const score = scoreOf([result]);
    if (score < 85) weak += 1;
    console.log(
      `${score.toFixed(1)} % of ${result.killed + result.survivors.length} in ${part.file}`,
    );
    const results = { ...recorded(), [part.file]: { slice: part.slice, ...result } };
    if (!changed) writeFileSync(kept, `${JSON.stringify(results, null, 2)}\n`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (!changed) await writeReport(root, recorded());
console.log(`\n${parts.length - weak} passed, ${weak} failed`);
process.exitCode = weak > 0 ? 1 : 0;

function mutated({ file, specs }) {
  const report = join(scratch, 'report.json');
  const env = {
    ...process.env,
    MUTATION_FILE: file,
    MUTATION_SPECS: specs.map((each) => normalize(each)).join(','),
    MUTATION_REPORT: report,
  };
  const stryker = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [stryker, 'run'], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  if (status !== 0 || !existsSync(report))
    throw new Error(`Stryker stopped at ${file}:\n${stdout}${stderr}`);
  const { mutants, source } = Object.values(JSON.parse(readFileSync(report, 'utf8')).files)[0];
  rmSync(report);
  const lines = source.split('\n');
  const of = (...states) => mutants.filter(({ status: state }) => states.includes(state));
  const textOf = ({ location: { start, end }, mutatorName, replacement = '' }) => ({
    line: start.line,
    was: textAt(lines, start, end),
    became: oneLine(replacement),
    mutator: mutatorName,
  });
  return {
    on: new Date().toISOString().slice(0, 10),
    killed: of('Killed', 'Timeout').length,
    // endless loops, if the machine was not too busy
    ...(of('Timeout').length > 0 && { timedOut: of('Timeout').map(textOf) }),
    survivors: of('Survived', 'NoCoverage').map(textOf),
  };
}

function textAt(lines, start, end) {
  const last = start.line === end.line ? end.column - 1 : undefined;
  return oneLine(lines[start.line - 1].slice(start.column - 1, last));
}

function oneLine(text) {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 90);
}

function isChanged(file) {
  const sameName = file.replace(/\.ts$/, '');
  const { stdout } = spawnSync(
    'git',
    ['diff', '--name-only', changed, '--', `${sameName}.ts`, `${sameName}.spec.ts`],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  return stdout.trim() !== '';
}
