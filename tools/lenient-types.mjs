// Lets hosts with `exactOptionalPropertyTypes` (@tsconfig/strictest) give what may be undefined: `privateKey:
// process.env.JWT_PRIVATE_KEY`, and compilers before TypeScript 5.7 read `Buffer`, which has no type parameter there.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const OPEN = new Set([
  ts.SyntaxKind.FunctionType,
  ts.SyntaxKind.ConstructorType,
  ts.SyntaxKind.ConditionalType,
]);

/**
 * Writes `name?: Type | undefined` for `name?: Type`, and `Buffer` without its parameter, into a folder's declarations.
 */
export function makeLenient(folder) {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.d\.c?ts$/.test(name)) continue;
    const path = join(folder, name);
    const before = readFileSync(path, 'utf8');
    const after = withUndefined(path, before).replaceAll('Buffer<ArrayBufferLike>', 'Buffer');
    if (after !== before) writeFileSync(path, after);
  }
}

function withUndefined(path, text) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const edits = [];
  const visit = (node) => {
    if (ts.isPropertySignature(node) && node.questionToken && node.type) {
      // `| undefined` would apply to the result of a function, or to one branch
      const [before, after] = OPEN.has(node.type.kind) ? ['(', ')'] : ['', ''];
      edits.push([node.type.getStart(source), before], [node.type.end, `${after} | undefined`]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  // from the end, so that other positions stay valid
  return edits
    .sort(([a], [b]) => b - a)
    .reduce((written, [at, added]) => written.slice(0, at) + added + written.slice(at), text);
}
