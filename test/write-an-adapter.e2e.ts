import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from '@jest/globals';
import ts from 'typescript';
import { createDatabase } from './support/databases.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The named files of docs/write-an-adapter.md, compiled where their imports resolve. */
function filesOfThePage(): string {
  const cache = join(ROOT, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'write-an-adapter-'));
  const page = readFileSync(join(ROOT, 'docs', 'write-an-adapter.md'), 'utf8');
  for (const [, name = '', code = ''] of page.matchAll(
    /^<!-- file: (\S+) -->\n\n```ts\n([\s\S]*?)^```$/gm,
  )) {
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    const { outputText } = ts.transpileModule(code, { compilerOptions });
    writeFileSync(join(folder, name.replace(/\.ts$/, '.mjs')), outputText);
  }
  return folder;
}

const database = await createDatabase();
process.env['DATABASE_URL'] = database.url;
const folder = filesOfThePage();
// registers the page's own tests
await import(join(folder, 'throttle.store.spec.mjs'));

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await database.drop();
});
