import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Every test that has an id: where it is, and a pattern for `jest -t`. */
export function testsById(root) {
  const found = new Map();
  for (const folder of ['libs', 'apps', 'test', 'tools', 'bench'])
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!/\.(?:spec|e2e)\.ts$/.test(name) || /(?:^|\/)(?:dist|node_modules)\//.test(name))
        continue;
      const path = `${folder}/${name}`;
      const text = readFileSync(join(root, path), 'utf8');
      for (const match of text.matchAll(/^ *\/\/ (T-\w{4})\n/gm))
        found.set(match[1], {
          id: match[1],
          path,
          title: titleAt(text, match.index + match[0].length),
        });
    }
  return found;
}

/** The title of a test, the title of a table's tests, or the name of a table row. */
function titleAt(text, start) {
  const rest = text.slice(start);
  const first = /(['"`])((?:\\.|(?!\1).)*)\1/s;
  const table = /^ *it\.each/.test(rest) && /\)\((?=\s*['"`])/.exec(rest);
  const [, , title] = first.exec(table ? rest.slice(table.index + table[0].length) : rest);
  return title
    .replaceAll(/\\(.)/g, '$1')
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/%[a-z]|\\\$[\w.]+/g, '.*');
}
