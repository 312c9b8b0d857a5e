// pgbench with one prepared statement: the yardstick for the store.
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const hasPgbench = () => spawnSync('pgbench', ['--version']).status === 0;

/**
 * Transactions a second. Each client goes round its own `size` sessions; `start` is the generation it finds them at.
 */
export async function pgbench({ dir, url, sql, clients, size, start, seconds }) {
  const file = join(dir, 'rotation.pgbench');
  writeFileSync(
    file,
    `\\set i :i + 1\n\\set n :client_id * ${size} + :i % ${size} + 1\n\\set g ${start} + :i / ${size}\n${sql.replaceAll('\n', ' ')};\n`,
  );
  const args = [
    '-n',
    '-M',
    'prepared',
    '-c',
    clients,
    '-j',
    Math.min(clients, 2),
    '-T',
    Math.ceil(seconds), // whole ones alone
    '-D',
    'i=-1',
    '-f',
    file,
    url,
  ];
  const child = spawn('pgbench', args.map(String), { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += chunk));
  const code = await new Promise((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  const perSecond = Number(/tps = ([\d.]+) \(without/.exec(out)?.[1]);
  const done = Number(/actually processed: (\d+)/.exec(out)?.[1]);
  if (code !== 0 || !perSecond) throw new Error(`pgbench: ${out}`);
  return { perSecond, done };
}
