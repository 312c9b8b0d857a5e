// What each entry point exports, with its declarations, in docs/api/: what people who use the packages can rely on, and
// what a reviewer sees change. `npm run api` writes it, `--check` (in test/api.spec.ts) fails where it differs. Left
// out: comments, private members, and the constructors of what Nest makes.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { argumentsOf } from './arguments.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'docs', 'api');
const LONGEST = 200;
const HEAD = 20;
const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(
  { ...config.compilerOptions, declaration: true, emitDeclarationOnly: true, removeComments: true },
  root,
);
/** `@tokenward/nestjs/verify` → its source. */
const entries = Object.entries(config.compilerOptions.paths).map(([name, [path]]) => [
  name,
  join(root, path),
]);
const program = ts.createProgram(
  entries.map(([, path]) => path),
  options,
);
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: true });
const emitted = new Map();

const reports = new Map(entries.map(([name, path]) => [fileOf(name), reportOf(name, path)]));
if (argumentsOf({ check: { type: 'boolean' } }).values.check) check();
else write();

function fileOf(entry) {
  return `${entry.replace('@tokenward/', '').replaceAll('/', '-')}.txt`;
}

function reportOf(name, path) {
  const symbols = checker.getExportsOfModule(
    checker.getSymbolAtLocation(program.getSourceFile(path)),
  );
  const sorted = symbols.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const head = `${name}: ${sorted.length} names. Written by \`npm run api\`.`;
  return `${[head, ...sorted.map(declarationOf)].join('\n\n')}\n`;
}

/** As the compiler emits it. */
function declarationOf(exported) {
  const symbol =
    exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const source = symbol.declarations[0].getSourceFile();
  const file = emittedOf(source);
  const made = symbol.declarations.some(
    (each) => ts.canHaveDecorators(each) && ts.getDecorators(each),
  );
  const found = file.statements
    .filter((statement) => namesOf(statement).includes(symbol.name))
    .map((statement) =>
      printer.printNode(
        ts.EmitHint.Unspecified,
        ts.isClassDeclaration(statement) ? publicOf(statement, made) : statement,
        file,
      ),
    );
  if (found.length === 0)
    throw new Error(`${exported.name} of ${source.fileName} is not in what is emitted`);
  const alias =
    exported.name === symbol.name ? [] : [`export { ${symbol.name} as ${exported.name} };`];
  return [...found.map(shortened), ...alias].join('\n');
}

/** The inferred type of a table runs over hundreds of lines: what follows is there as its digest. */
function shortened(text) {
  const lines = text.split('\n');
  if (lines.length <= LONGEST) return text;
  const rest = lines.slice(HEAD);
  const digest = createHash('sha256').update(rest.join('\n')).digest('hex').slice(0, 16);
  return [...lines.slice(0, HEAD), `    … ${rest.length} more lines, sha256 ${digest}`].join('\n');
}

function emittedOf(source) {
  const { fileName } = source;
  if (!emitted.has(fileName)) {
    let text = '';
    program.emit(source, (_name, written) => (text = inOrder(written)), undefined, true);
    emitted.set(fileName, ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest));
  }
  return emitted.get(fileName);
}

/** The compiler writes an inferred union in the order in which it met the members, in whatever file. */
function inOrder(text) {
  return text.replace(/"[^"\n]*"(?: \| "[^"\n]*")+/g, (union) =>
    union.split(' | ').sort().join(' | '),
  );
}

function namesOf(statement) {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.text);
  return statement.name ? [statement.name.text] : [];
}

function publicOf(statement, made) {
  const members = statement.members.filter(
    (member) =>
      !(ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private) &&
      !(member.name && ts.isPrivateIdentifier(member.name)) &&
      !(made && ts.isConstructorDeclaration(member)),
  );
  const { modifiers, name, typeParameters, heritageClauses } = statement;
  return ts.factory.updateClassDeclaration(
    statement,
    modifiers,
    name,
    typeParameters,
    heritageClauses,
    members,
  );
}

function write() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [file, report] of reports) writeFileSync(join(folder, file), report);
}

function check() {
  const there = existsSync(folder) ? readdirSync(folder) : [];
  const wrong = [...new Set([...reports.keys(), ...there])].filter(
    (file) =>
      !there.includes(file) || readFileSync(join(folder, file), 'utf8') !== reports.get(file),
  );
  for (const file of wrong)
    console.error(
      `docs/api/${file} is not what is exported: npm run api, and look at the difference`,
    );
  if (wrong.length > 0) process.exitCode = 1;
}
