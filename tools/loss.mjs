// `npm run loss`: loses the answers of 1,000 refreshes and writes docs/assurance/loss.md. LOSS_TRIALS: another number.
// `--from <lines>`: writes it from a run that was.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { argumentsOf } from './arguments.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'docs', 'assurance', 'loss.md');
const { from } = argumentsOf({ from: { type: 'string' } }).values;
const outcomes = (from ? readFileSync(from, 'utf8') : run())
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

function run() {
  const dir = mkdtempSync(join(tmpdir(), 'tokenward-loss-'));
  const report = join(dir, 'report');
  try {
    const env = {
      ...process.env,
      LOSS_TRIALS: process.env.LOSS_TRIALS ?? '1000',
      LOSS_REPORT: report,
    };
    const args = [join(root, 'test', 'support', 'run.mjs'), 'test/loss.e2e.ts'];
    const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
    process.exitCode = status ?? 1;
    return readFileSync(report, 'utf8');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const transports = ['cookie', 'hybrid', 'bearer'];
const count = (some, name) => some.filter((each) => each[name] === false).length;
const rows = [...new Set(outcomes.map(({ point }) => point))].map((point) => {
  const here = outcomes.filter((each) => each.point === point);
  const tried = transports.map((name) => here.filter(({ transport }) => transport === name).length);
  return `| ${[point, ...tried, count(here, 'isIn'), count(here, 'isSingle'), count(here, 'isCaught')].join(' | ')} |`;
});
const text = `# Lost answers

Written by \`npm run loss\` (${outcomes.length} refreshes, \`reuseLeeway\` 0). In each, a client signs in with \`@tokenward/client\`, loses the answer of a refresh at one point, and continues until it
has tokens. Then a thief presents the spent token without its key. "Process killed" is \`SIGKILL\` of the server while it
handles the request. _Lost_ counts sessions that were lost, _doubled_ sessions with two successors, _not caught_ thieves
who were not noticed.

| the answer is lost | cookie | hybrid | bearer | lost | doubled | not caught |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

[test/loss.e2e.ts](../../test/loss.e2e.ts) tries 30 of them with each \`npm test\`.
`;
mkdirSync(join(root, 'docs', 'assurance'), { recursive: true });
writeFileSync(target, await format(text, { ...(await resolveConfig(target)), filepath: target }));
