// `npm run browsers`: the core situations of the client in Chromium, Firefox and WebKit, and
// docs/assurance/browsers.md.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'docs', 'assurance', 'browsers.md');
const dir = mkdtempSync(join(tmpdir(), 'tokenward-browsers-'));
const table = join(dir, 'table');
try {
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, 'test', 'support', 'run.mjs'),
      '--testMatch',
      '**/test/engines.long.ts',
      '--verbose',
    ],
    { cwd: root, env: { ...process.env, ENGINES_TABLE: table }, stdio: 'inherit' },
  );
  if (status !== 0) throw new Error('a situation failed in an engine: no table was written');
  const rows = readFileSync(table, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const engines = [...new Set(rows.map(({ engine }) => engine))];
  const situations = [...new Set(rows.map(({ situation }) => situation))];
  const seen = (situation, engine) =>
    rows.some((row) => row.situation === situation && row.engine === engine) ? 'yes' : 'not tried';
  const lines = situations.map(
    (each) => `| ${each} | ${engines.map((engine) => seen(each, engine)).join(' | ')} |`,
  );
  const text = `# The client in three engines

Written by \`npm run browsers\` (\`test/engines.long.ts\`), against the demo on real stores. Debian has the engines: \`apt-get install chromium firefox-esr webkit2gtk-driver xvfb\`. Chromium
is driven by playwright-core, Firefox by WebDriver BiDi, WebKitGTK by WebDriver. The cookies are set without \`Secure\` (\`COOKIE_SECURE=false\`): WebKit takes none with it from \`http\`, on loopback neither.

${engines.join(', ')}.

| situation | ${engines.map((engine) => engine.split(' ')[0]).join(' | ')} |
| --- |${' --- |'.repeat(engines.length)}
${lines.join('\n')}
`;
  writeFileSync(
    target,
    await format(text, { ...(await resolveConfig(target)), parser: 'markdown' }),
  );
} finally {
  rmSync(dir, { recursive: true, force: true });
}
