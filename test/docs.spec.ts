import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...['README', 'http-users/README', 'next/README', 'prisma/README', 'typeorm/README'].map(
    (name) => `examples/${name}.md`,
  ),
  'libs/auth/README.md',
  'libs/client/README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
];

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'tools', script), ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  });

/** List items of the pages of docs/assurance/ with this prefix: a bold name and its text. */
function itemsOf(beginning: string): string[] {
  return PAGES.filter((page) => page.startsWith(`docs/assurance/${beginning}`)).flatMap(
    (page) => read(page).match(/^- \*\*.*(?:\n {2}.*)*/gm) ?? [],
  );
}

/** The anchors that Markdown hosts make of a page's headings. */
function anchors(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Counts the lines that a host writes, without imports, declarations, comments, blank lines or lone brackets. */
function linesOf(code: string): number {
  const own = code.replaceAll(/^(?:import|declare)\b[^;]*;.*\n/gm, '').split('\n');
  return own.filter((line) => !/^\s*(?:$|\/\/|\/\*\*|\*|[\])}>;,({[\s]+$)/.test(line)).length;
}

describe('the documentation', () => {
  // T-7rg7
  it('names tests that exist, by ids that each one test has', () => {
    const tests = ['libs', 'apps', 'test', 'tools', 'bench'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter(
          (name) => /\.(?:spec|e2e|conformance)\.ts$/.test(name) && !/dist|node_modules/.test(name),
        )
        .map((name) => `${folder}/${name}`),
    );
    const ids = tests.flatMap((path) =>
      [...read(path).matchAll(/^ *\/\/ (T-\w{4})$/gm)].map(([, id = '']) => `${id} ${path}`),
    );
    expect(new Set(ids.map((each) => each.slice(0, 6))).size).toBe(ids.length);
    const named = PAGES.flatMap((page) =>
      [...read(page).matchAll(/\]\((?:\.\.\/)+([^)]+\.ts)\)\s+((?:(?:,\s+)?T-\w{4})+)/g)].flatMap(
        ([, path = '', some = '']) => some.split(/,\s+/).map((id) => `${id} ${path}`),
      ),
    );
    expect(named.length).toBeGreaterThan(400);
    expect(named.filter((each) => !ids.includes(each))).toEqual([]);
  });

  it('names a test by its id, not by its title: `npm run docs` gives it one', () => {
    expect(PAGES.filter((page) => /\.ts\)\s+› “/.test(read(page)))).toEqual([]);
  });

  it('has a row for each of the 81 requirements', () => {
    const rows = itemsOf('requirements');
    const numbers = rows.map((row) => Number(/^- \*\*(\d+)\. /.exec(row)?.[1]));
    expect(numbers.sort((a, b) => a - b)).toEqual(
      Array.from({ length: 81 }, (_, index) => index + 1),
    );
    expect(rows.filter((row) => !/T-\w{4}|not yet|no test/i.test(row))).toEqual([]);
  });

  // T-g6dn
  it('names a proof for each requirement of a standard, or the reason for its absence', () => {
    const requirements = itemsOf('standards-');
    expect(requirements.length).toBeGreaterThan(100);
    expect(requirements.filter((row) => !/T-\w{4}|not covered|no test/i.test(row))).toEqual([]);
  });

  it('has every page in its index', () => {
    const pages = readdirSync(join(ROOT, 'docs')).filter(
      (name) => name.endsWith('.md') && name !== 'README.md',
    );
    expect(pages.filter((name) => !read('docs/README.md').includes(`](${name})`))).toEqual([]);
  });

  // T-gzx3
  it('links to what is there', () => {
    const dead = PAGES.flatMap((page) =>
      [
        ...read(page)
          .replaceAll(/`[^`\n]*`/g, '')
          .matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g),
      ]
        .filter(([, path = '', anchor]) => {
          const target = path === '' ? page : join(dirname(page), path);
          if (!existsSync(join(ROOT, target))) return true;
          return anchor !== undefined && !anchors(target).includes(anchor);
        })
        .map(([link]) => `${page}: ${link}`),
    );
    expect(dead).toEqual([]);
  });

  // T-zmfn
  it('lists every option, error and event', () => {
    const options = run('docs.mjs', '--check');
    expect(options.stderr + options.stdout).toBe('');
    const codes = read('libs/auth/src/contract/error-codes.ts').matchAll(/\| '(\w+)'/g);
    const topics = readdirSync(join(ROOT, 'libs/auth/src/storage/events'));
    const events = topics.flatMap((file) => [
      ...read(`libs/auth/src/storage/events/${file}`).matchAll(/type: '([\w.]+)'/g),
    ]);
    expect(events.length).toBeGreaterThan(30);
    const reasons = read('libs/auth/src/storage/end-reason.ts').matchAll(/\| '(\w+)'/g);
    const missing = (page: string, names: Iterable<RegExpMatchArray>) =>
      [...names].map(([, name = '']) => name).filter((name) => !read(page).includes(`\`${name}\``));
    expect(missing('docs/errors.md', codes)).toEqual([]);
    expect(missing('docs/event-types.md', events)).toEqual([]);
    expect(missing('docs/event-types.md', reasons)).toEqual([]);
  });

  it('finds the code of each defence that `npm run defences` removes', () => {
    const { stderr, status } = run('defences.mjs', '--check');
    expect([stderr, status]).toEqual(['', 0]);
  });

  // T-xwmq
  it.each(PAGES.filter((page) => !/CHANGELOG|contract/.test(page)))(
    '%s and its lines are short',
    (page) => {
      const lines = read(page).trimEnd().split('\n');
      expect(lines.length).toBeLessThanOrEqual(200);
      expect(lines.filter((line) => Array.from(line).length > 120)).toEqual([]);
    },
  );

  // T-79hs
  it('quotes error and log lines exactly on the page of symptoms', () => {
    const sources = ['libs/auth/src', 'libs/client/src', 'apps/demo/src'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(?:ts|template)$/.test(name) && !name.endsWith('.spec.ts'))
        .map((name) => read(`${folder}/${name}`)),
    );
    const page = read('docs/troubleshooting.md');
    const quoted = [
      ...page.matchAll(/^- `([^`]+)`(?:,\s+(?:or|in|of the client)[\s\S]*?)?\n {2}-/gm),
    ].map(([, line = '']) => line.replaceAll(/\s+/g, ' '));
    expect(quoted.length).toBeGreaterThan(20);
    const words = quoted.flatMap((line) => line.split(/…|; /).map((part) => part.trim()));
    const unknown = words.filter((part) => !sources.some((source) => source.includes(part)));
    expect(unknown).toEqual([]);
  });

  // T-5qtd
  it('has no shell comments in snippets to paste, because zsh reads them as words', () => {
    const pasted = PAGES.flatMap((page) =>
      [...read(page).matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)].map(([, , code = '']) => ({
        page,
        code,
      })),
    );
    expect(pasted.length).toBeGreaterThan(20);
    expect(pasted.filter(({ code }) => /(?:^|\s)#/m.test(code))).toEqual([]);
    const unread = pasted.filter(
      ({ code }) => spawnSync('bash', ['-n'], { input: code }).status !== 0,
    );
    expect(unread).toEqual([]);
  });

  it('says how to start and how to test', () => {
    expect(read('README.md')).toContain('npm ci && npm start');
    expect(read('README.md')).toContain('npm ci && npm test');
  });

  it('uses in the guide the servers that it says to start', () => {
    const [, ...account] =
      /POSTGRES_USER: (\w+), POSTGRES_PASSWORD: (\w+), POSTGRES_DB: (\w+)/.exec(
        read('compose.yaml'),
      ) ?? [];
    const [user = '', password = '', name = ''] = account;
    expect(read('docs/getting-started.md')).toContain(
      `DATABASE_URL=postgres://${user}:${password}@127.0.0.1:5432/${name} `,
    );
  });

  // T-9d38
  it('states the number of host lines that the snippets have', () => {
    const snippetsIn = (text: string) =>
      [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => linesOf(code));
    const before = ['', '-factors']
      .map((more) => read(`docs/assurance/host-lines${more}.md`))
      .flatMap((text) => text.split(/^## /m).slice(1))
      .map((part) => [part.slice(0, part.indexOf('\n')), String(snippetsIn(part)[0])] as const);
    const rows = read('docs/assurance/host-lines.md').matchAll(
      /^\| \[(.*?)\]\(\.\.\/(.*?)\) ([\d, ]*\d) +\| (\d+) +\| (\d+) +\|$/gm,
    );
    const table = [...rows].map(([, flow = '', page = '', which = '', was = '', is]) => {
      const counted = snippetsIn(read(`docs/${page}`));
      const after = which
        .split(', ')
        .reduce((sum, nth) => sum + (counted[Number(nth) - 1] ?? NaN), 0);
      expect([flow, String(after)]).toEqual([flow, is]);
      return [flow, was];
    });
    expect(table).toEqual(before);
    expect(table.length).toBeGreaterThan(5);
  });

  // T-vrnp
  it('holds snippets that type-check', () => {
    const { status, stdout, stderr } = run('docs-snippets.mjs');
    expect(stderr).toBe('');
    expect(Number(/^(\d+) snippets/.exec(stdout)?.[1])).toBeGreaterThan(10);
    expect(status).toBe(0);
  }, 120_000);
});
