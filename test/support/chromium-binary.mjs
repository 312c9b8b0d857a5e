// Plain JavaScript: the runner uses it before anything is compiled.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'chrome.exe',
];
const WINDOWS_DIRS = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'];

/**
 * CHROMIUM_PATH, else one in the usual places; else, where allowed (Debian, as root), an installed one. Undefined when
 * there is none.
 */
export function findChromium({ install }) {
  const given = process.env.CHROMIUM_PATH;
  if (given) return existsSync(given) ? given : undefined;
  const find = () => usualPlaces().find((path) => existsSync(path));
  const found = find();
  if (found || !install || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    return found;
  console.error('Chromium is missing: installing it with apt-get');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) =>
    spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  apt('update', '-q');
  apt('install', '-y', '-q', '--no-install-recommends', 'chromium');
  return find();
}

/** The end-to-end tests that drive it, by what they import. */
export function browserTests(dir) {
  return readdirSync(dir).filter(
    (name) =>
      name.endsWith('.e2e.ts') &&
      /'\.\/support\/(?:chromium|visits)\.js'/.test(readFileSync(join(dir, name), 'utf8')),
  );
}

function usualPlaces() {
  return [
    '/usr/bin/chromium',
    ...(process.env.PATH ?? '')
      .split(delimiter)
      .flatMap((dir) => NAMES.map((name) => join(dir, name))),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    ...WINDOWS_DIRS.flatMap((name) => process.env[name] ?? []).map((dir) =>
      join(dir, 'Google', 'Chrome', 'Application', 'chrome.exe'),
    ),
  ];
}
