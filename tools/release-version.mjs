// `npm run release:version`: the changesets of .changeset/ become a section of CHANGELOG.md, and both packages get the
// version of the repository.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
execFileSync('npx', ['changeset', 'version'], { cwd: root, stdio: 'inherit' });
const { version } = read('package.json');
for (const path of ['libs/auth/package.json', 'libs/client/package.json'])
  writeFileSync(join(root, path), `${JSON.stringify({ ...read(path), version }, null, 2)}\n`);
execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts'], {
  cwd: root,
  stdio: 'inherit',
});
