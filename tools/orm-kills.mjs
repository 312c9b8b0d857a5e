// `npm run orm:kills`: 200 kills of each library's transactions, and docs/assurance/host-transactions.md. `--from <lines>`: writes it from a run that was.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { argumentsOf } from './arguments.mjs';

const KILLS = '200';
const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'docs', 'assurance', 'host-transactions.md');
const { from } = argumentsOf({ from: { type: 'string' } }).values;
const lines = from ? readFileSync(from, 'utf8') : run();

function run() {
  const dir = mkdtempSync(join(tmpdir(), 'tokenward-kills-'));
  const table = join(dir, 'table');
  try {
    const env = { ...process.env, ORM_KILLS: KILLS, ORM_KILLS_TABLE: table };
    const args = [join(root, 'test', 'support', 'run.mjs'), 'test/host-transactions-kills.e2e.ts'];
    const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
    if (status !== 0)
      throw new Error(
        'a role and its revocation came apart, or a kill failed: no table was written',
      );
    return readFileSync(table, 'utf8');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const rows = lines
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
  .map(
    ({ library, kills, undone, committed, again }) =>
      `| ${library} | ${kills} | ${undone} | ${committed} | 0 | ${again} |`,
  );

const text = `# Kills in the host's own transaction

Written by \`npm run orm:kills\` (\`test/host-transactions-kills.e2e.ts\`). A host changes a role with its own library and calls \`userChanged\`, \`passwordChanged\` or
\`changeUser\` in the same transaction. Between its write and the commit, SIGKILL is sent: a fifth of the times to the process of the host, two fifths to a
backend of PostgreSQL, two fifths to the postmaster. A third of the signals come after the host's write, a third after
Tokenward's write, and a third during the commit. Afterwards the role in
the users table must be the one that belongs to the user's token version, and the revocation of that version must be in the ledger. If a library did not reach this point within 10 s, because the kill before had left its pool failing or waiting, the
round does not count and was started again with a new process.

| library | kills | nothing stands | all of it stands | a part stands | begun anew |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
writeFileSync(target, await format(text, { ...(await resolveConfig(target)), parser: 'markdown' }));
