// Writes the pages of options and the lists of docs/event-types.md and docs/metrics.md from the sources. `--check`:
// only says whether they are up to date (exit 1 when they are not).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { argumentsOf } from './arguments.mjs';
import { pagesWithLists } from './docs-lists.mjs';
import { optionPages } from './docs-options.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const { values } = argumentsOf({ check: { type: 'boolean' } });

for (const [path, text] of [...optionPages(), ...(await pagesWithLists())]) {
  const target = join(root, path);
  const page = await prettier.format(text, {
    ...(await prettier.resolveConfig(target)),
    parser: 'markdown',
  });
  if (!values.check) {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, page);
  } else if (read(target) !== page) {
    console.error(`${path} is not what the sources say: node tools/docs.mjs`);
    process.exitCode = 1;
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
