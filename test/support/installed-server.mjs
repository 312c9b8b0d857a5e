// Plain JavaScript: the runner uses it before anything is compiled, and test helpers use it later.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The server on PATH; else, where allowed (Debian, as root), an installed one. Undefined when there is none. */
export function findServer(name, { install }) {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  // Debian installs some of them here, outside the PATH of a normal user
  const find = () =>
    [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
      .map((dir) => join(dir, file))
      .find((path) => existsSync(path));
  const found = find();
  if (found || !install || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    return found;
  console.error(`${name} is missing: installing it with apt-get`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) =>
    spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  apt('update', '-q');
  apt('install', '-y', '-q', '--no-install-recommends', name);
  return find();
}
