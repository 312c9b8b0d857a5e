// What a suite writes for a page of docs/assurance: one JSON text a line.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { argumentsOf } from './arguments.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs the suites, which append to the file that the environment variable `variable` names. With `--from <lines>`: the
 * results of a run that was. One suite after the other: they measure time, and each has a machine's worth of processes.
 */
export function resultsOf(suites, variable, env = {}) {
  const { from } = argumentsOf({ from: { type: 'string' } }).values;
  const lines = from ? readFileSync(from, 'utf8') : run(suites, variable, env);
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function run(suites, variable, given) {
  const dir = mkdtempSync(join(tmpdir(), 'tokenward-results-'));
  const file = join(dir, 'results');
  const env = { ...process.env, ...given, [variable]: file };
  try {
    for (const suite of suites) {
      const args = [join(root, 'test', 'support', 'run.mjs'), suite];
      const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
      if (status !== 0) throw new Error(`${suite} failed, so no page was written`);
    }
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export async function writePage(name, text) {
  const path = join(root, 'docs', 'assurance', name);
  writeFileSync(path, await format(text, { ...(await resolveConfig(path)), parser: 'markdown' }));
}
