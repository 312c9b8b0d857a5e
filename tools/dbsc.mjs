// `npm run dbsc`: Device Bound Session Credentials in a real Chromium (test/dbsc-browser.long.ts), and
// docs/assurance/device-bound.md. Takes about an hour and a half: DBSC_MINUTES (20) for each of four long situations.
//   --from FILE …   runs nothing: writes the page from what runs with DBSC_REPORT=FILE have seen
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { argumentsOf } from './arguments.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'docs', 'assurance', 'device-bound.md');
const { values, words } = argumentsOf({ from: { type: 'boolean' } }, 'words');

if (values.from) await write(words);
else {
  const dir = mkdtempSync(join(tmpdir(), 'tokenward-dbsc-'));
  const seen = join(dir, 'seen');
  try {
    const { status } = spawnSync(
      process.execPath,
      [
        join(root, 'test', 'support', 'run.mjs'),
        '--testMatch',
        '**/test/dbsc-browser.long.ts',
        '--verbose',
        ...words,
      ],
      { cwd: root, env: { ...process.env, DBSC_REPORT: seen }, stdio: 'inherit' },
    );
    if (status !== 0) throw new Error('a situation failed: no page was written');
    await write([seen]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function write(files) {
  const rows = files
    .flatMap((file) => readFileSync(file, 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line));
  const text = `# Bound sessions in a real browser

Written by \`npm run dbsc\` (\`test/dbsc-browser.long.ts\`), against the demo on PostgreSQL. The test terminates TLS in front of the demo and records the requests. Chromium is
headless, makes its keys in software (a server has no TPM), and has a new profile for each situation, because it counts
its signatures by profile and site. The bad proofs are a table, [device-proofs.ts](../../test/support/device-proofs.ts), of [bound-sessions.e2e.ts](../../test/bound-sessions.e2e.ts), which needs no browser.

${rows.map(({ what, seen }) => `- **${what}**: ${seen}`).join('\n')}
`;
  writeFileSync(
    target,
    await format(text, { ...(await resolveConfig(target)), parser: 'markdown' }),
  );
}
