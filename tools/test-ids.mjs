// The pages of docs/ point at tests by ids, so that titles can be improved and files moved. An id is a comment above
// the test: `// T-4kqz`. A new reference is written as [name](../path) › “title of the test”; this gives the test an id
// and writes it in place of the title. It also mends links to files that were moved. Run by `npm run docs`.
import { randomInt } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const PAGES = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md') && name !== 'contract.md')
  .map((name) => `docs/${name}`);
const FOLDERS = ['libs', 'apps', 'test', 'tools', 'bench', 'examples'];
const ID = /T-\w{4}\b/g;
/** `[path](…) T-4kqz, T-9dk2, [path](…) T-…`, wrapped anywhere */
const REFERENCES =
  /\[[^\]]+\.ts\]\([^)]+\)\s+T-\w{4}(?:,\s+(?:\[[^\]]+\.ts\]\([^)]+\)\s+)?T-\w{4})*/g;
const LETTERS = 'bcdfghjkmnpqrstvwxz23456789';
const read = (path) => readFileSync(join(root, path), 'utf8');

const idsOf = (text) => [...text.matchAll(/^ *\/\/ (T-\w{4})$/gm)].map(([, id]) => id);
const tests = FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap(testsIn);
const home = new Map(tests.flatMap((path) => idsOf(read(path)).map((id) => [id, path])));

for (const page of PAGES) {
  const text = read(page);
  const named = text
    .replaceAll(/\[[^\]]+\]\((?:\.\.\/)+([^)]+\.ts)\)\s+›\s+“([^”]+)”/g, (_all, path, title) =>
      link(page, path, idFor(path, title.replaceAll(/\s+/g, ' '))),
    )
    .replaceAll(REFERENCES, (all) => linksTo(page, all.match(ID)));
  const options = { ...(await prettier.resolveConfig(join(root, page))), parser: 'markdown' };
  const pretty = named === text ? text : await prettier.format(named, options);
  if (pretty !== text) writeFileSync(join(root, page), pretty);
}

function linksTo(page, ids) {
  const paths = [...new Set(ids.map((id) => home.get(id) ?? stop(`${id} is above no test`)))];
  return paths
    .map((path) => link(page, path, ids.filter((id) => home.get(id) === path).join(', ')))
    .join(', ');
}

function link(page, path, ids) {
  return `[${basename(path)}](${relative(dirname(page), path)}) ${ids}`;
}

/** The id of the test with that title: the one it has, or a new one that is written above it. */
function idFor(path, title) {
  const text = read(path);
  const start = startOf(path, text, title.replaceAll('\\', ''));
  const above = text.slice(0, start).trimEnd();
  const known = /\/\/ (T-\w{4})$/.exec(above)?.[1];
  if (known !== undefined) return known;
  const id = newId();
  home.set(id, path);
  const indent = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  writeFileSync(join(root, path), `${text.slice(0, start)}// ${id}\n${indent}${text.slice(start)}`);
  return id;
}

/** Where the statement, the row of a table or the member begins that has the title, at the beginning of a line. */
function startOf(path, text, title) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const beginsLine = (node) => /(?:^|\n)[ \t]*$/.test(text.slice(0, node.getStart()));
  const isPlace = (node) =>
    ts.isExpressionStatement(node) ||
    ts.isPropertyAssignment(node) ||
    ts.isArrayLiteralExpression(node.parent ?? node);
  const find = (node) => {
    if (
      (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) &&
      [node.text, node.getText().slice(1, -1)].includes(title)
    ) {
      let place = node;
      while (place && !(isPlace(place) && beginsLine(place))) place = place.parent;
      if (place) return place.getStart();
    }
    return ts.forEachChild(node, find);
  };
  return find(source) ?? stop(`${path} has no test “${title}”`);
}

function newId() {
  for (;;) {
    const id = `T-${Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join('')}`;
    if (!home.has(id)) return id;
  }
}

function testsIn(folder) {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(
      (name) =>
        /\.(?:spec|e2e|conformance)\.ts$/.test(name) &&
        !/(?:^|\/)(?:dist|node_modules)\//.test(name),
    )
    .map((name) => `${folder}/${name}`);
}

function stop(problem) {
  console.error(`${problem}: see tools/test-ids.mjs`);
  process.exit(1);
}
