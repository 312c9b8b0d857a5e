// Type-checks the fenced `ts` snippets of README.md and docs/ with the repository's own tsconfig. Each snippet is a
// module of its own; those after `<!-- file: src/x.ts -->` see the others of their page by these names; the two pages
// of a new application are one.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const PAGES = ['README.md', 'libs/auth/README.md', 'libs/client/README.md', 'docs/**/*.md'];

/** Virtual file → text, page and the line before its first. */
const snippets = new Map();
for (const page of pages()) {
  const text = readFileSync(join(root, page), 'utf8');
  for (const { index, 1: file, 2: code } of text.matchAll(
    /(?:^<!-- file: (\S+) -->\n\n)?^```ts\n([\s\S]*?)^```$/gm,
  )) {
    const name = file
      ? join(
          root,
          'docs',
          `snippets-of-${page.replace('-by-hand', '').replaceAll(/\W/g, '-')}`,
          file,
        )
      : join(root, 'docs', `snippet-${snippets.size}.ts`);
    snippets.set(name, {
      code: `${code}\nexport {};\n`,
      page,
      line: text.slice(0, index).split('\n').length,
    });
  }
}

const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(
  {
    ...config.compilerOptions,
    noEmit: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
    sourceMap: false,
  },
  root,
);
const host = ts.createCompilerHost(options);
const { readFile, fileExists, directoryExists, getSourceFile } = host;
host.directoryExists = (name) => name.includes('/docs/snippets-of-') || directoryExists(name);
host.fileExists = (name) => snippets.has(name) || fileExists(name);
host.readFile = (name) => snippets.get(name)?.code ?? readFile(name);
host.getSourceFile = (name, version, ...rest) => {
  const snippet = snippets.get(name);
  return snippet
    ? ts.createSourceFile(name, snippet.code, version)
    : getSourceFile.call(host, name, version, ...rest);
};
const program = ts.createProgram([...snippets.keys()], options, host);

let wrong = 0;
for (const [name, { page, line }] of snippets) {
  const file = program.getSourceFile(name);
  const problems = [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ];
  for (const { start = 0, messageText } of problems) {
    wrong++;
    const at = line + 1 + ts.getLineAndCharacterOfPosition(file, start).line;
    console.error(`${page}:${at} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  }
}
console.log(`${snippets.size} snippets, ${wrong} problems`);
process.exit(wrong > 0 ? 1 : 0);

function pages() {
  const found = PAGES.flatMap((pattern) => glob(pattern));
  return [...new Set(found)].sort();
}

function glob(pattern) {
  if (!pattern.includes('*')) return ts.sys.fileExists(join(root, pattern)) ? [pattern] : [];
  return ts.sys
    .readDirectory(join(root, dirname(dirname(pattern))), ['.md'])
    .map((each) => relative(root, each));
}
