// `npm run faults`: runs every fault of the revocation and writes docs/assurance/faults.md. `--from <lines>`: writes it from a run that was.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { argumentsOf } from './arguments.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'docs', 'assurance', 'faults.md');
const { from } = argumentsOf({ from: { type: 'string' } }).values;
const lines = from ? readFileSync(from, 'utf8') : run();

/** One suite after the other: they measure time, and each has a machine's worth of processes. */
function run() {
  const dir = mkdtempSync(join(tmpdir(), 'tokenward-faults-'));
  const table = join(dir, 'table');
  try {
    for (const name of readdirSync(join(root, 'test')).filter((each) =>
      /^revocation-faults-/.test(each),
    )) {
      const env = { ...process.env, FAULT_TABLE: table };
      const args = [join(root, 'test', 'support', 'run.mjs'), `test/${name}`];
      const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
      if (status !== 0) throw new Error(`${name} failed, so no table was written`);
    }
    return readFileSync(table, 'utf8');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const rows = lines
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
  .map(({ fault, last, excepted }) => {
    const cell = (where) => {
      const ms = last[where] === null ? 'none' : `${last[where]} ms`;
      return excepted.includes(where) ? `${ms} (the exception)` : ms;
    };
    const cells = [cell('a'), cell('b'), cell('verifier')];
    if (cells.every((each) => each === 'none')) return `- ${fault}: none`;
    return `- ${fault}: \`a\` ${cells[0]}, \`b\` ${cells[1]}, resource server ${cells[2]}`;
  });

const text = `# The last instant of acceptance

Written by \`npm run faults\` (\`test/revocation-faults-*.e2e.ts\`), with every process on default options.

For each fault, the list says when the last request was sent that still accepted a revoked token, counted from the answer
to its revocation. The bound is 1,000 ms; the process that revoked must not accept any. “None” means that no request
sent after the answer was accepted; a single “none” holds for all three processes. \`a\` and \`b\` issue and revoke; the
resource server has only Redis.

${rows.join('\n')}
`;
mkdirSync(join(root, 'docs', 'assurance'), { recursive: true });
writeFileSync(target, await format(text, { ...(await resolveConfig(target)), parser: 'markdown' }));
