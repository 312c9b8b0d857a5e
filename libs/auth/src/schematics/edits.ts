/** The version of each package, if the application does not name one. */
const DEPENDENCIES = { 'drizzle-orm': '^0.45.0', ioredis: '^5.8.0', pg: '^8.16.0' };
const DEV_DEPENDENCIES = { '@types/pg': '^8.15.0' };

type Localise = (code: string) => string;

/** Adds `authModule` to the imports of the application's module; undefined if there is no `@Module({`. */
export function importModule(code: string, local: Localise): string | undefined {
  if (/\bauthModule\b/.test(code)) return code;
  const decorated = /@Module\(\{\s*/.exec(code);
  if (!decorated) return undefined;
  const at = decorated.index + decorated[0].length;
  const imports = /\bimports:\s*\[/.exec(code.slice(at));
  const changed = imports
    ? insert(
        code,
        at + imports.index + imports[0].length,
        isEmptyList(code, at + imports.index) ? 'authModule' : 'authModule, ',
      )
    : insert(code, at, 'imports: [authModule],\n  ');
  return addImport(changed, local("import { authModule } from './auth/auth.setup.js';"));
}

/** Creates the tables before the application. */
export function prepareMain(code: string, local: Localise): string | undefined {
  if (/\bprepareDatabase\b/.test(code)) return code;
  const creation = /^([ \t]*)(?:const|let) \w+ = await NestFactory\.create/m.exec(code);
  if (!creation) return undefined;
  const changed = insert(code, creation.index, `${creation[1] ?? ''}await prepareDatabase();\n`);
  return addImport(changed, local("import { prepareDatabase } from './auth/database.js';"));
}

/**
 * The test of `nest new` creates the whole application. This edit lets it run without a database
 * and a key.
 */
export function prepareTest(code: string): string | undefined {
  if (/\bauthOptionsToken\b/.test(code)) return code;
  const made = /imports: \[AppModule\],?\s*\}\)(?=\.compile\(\))/.exec(code);
  if (!made) return undefined;
  const replaced =
    '\n      .overrideProvider(authOptionsToken())\n      .useValue(memoryAuthOptions())\n      ';
  const changed = insert(code, made.index + made[0].length, replaced);
  const imported = addImport(changed, "import { authOptionsToken } from '@tokenward/nestjs';");
  return addImport(imported, "import { memoryAuthOptions } from '@tokenward/nestjs/testing';");
}

export function addDependencies(text: string): string {
  const manifest = JSON.parse(text) as Record<string, Record<string, string> | undefined>;
  const nest = /\d+/.exec(manifest['dependencies']?.['@nestjs/common'] ?? '')?.[0] ?? '12';
  const wanted = { ...DEPENDENCIES, '@nestjs/jwt': `^${nest}.0.0` };
  const merged = {
    ...manifest,
    dependencies: sorted({ ...wanted, ...manifest['dependencies'] }),
    devDependencies: sorted({ ...DEV_DEPENDENCIES, ...manifest['devDependencies'] }),
  };
  const changed = `${JSON.stringify(merged, null, 2)}\n`;
  return JSON.stringify(manifest) === JSON.stringify(merged) ? text : changed;
}

/**
 * Adds the lines of `wanted` whose name (the first group of `named`) is not there yet, with the
 * comments above them.
 */
export function addLines(text: string, wanted: string, named: RegExp): string {
  const there = new Set(text.split('\n').map((line) => named.exec(line)?.[1]));
  let comments: string[] = [];
  const missing: string[] = [];
  for (const line of wanted.trimEnd().split('\n')) {
    if (line.startsWith('#')) comments.push(line);
    else {
      if (!there.has(named.exec(line)?.[1])) missing.push(...comments, line);
      comments = [];
    }
  }
  if (missing.length === 0) return text;
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${before}${missing.join('\n')}\n`;
}

function isEmptyList(code: string, from: number): boolean {
  return /^imports:\s*\[\s*\]/.test(code.slice(from));
}

function addImport(code: string, line: string): string {
  const last = [...code.matchAll(/^import [^;]*;$/gm)].at(-1);
  return last ? insert(code, last.index + last[0].length, `\n${line}`) : `${line}\n${code}`;
}

const insert = (code: string, at: number, text: string): string =>
  code.slice(0, at) + text + code.slice(at);

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
