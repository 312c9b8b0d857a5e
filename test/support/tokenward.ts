import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { scratchDir } from './run-environment.js';

const ENTRY = fileURLToPath(new URL('../../dist/apps/tokenward/src/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs the built command line like a user: in another directory, with only the given environment. */
export function tokenward(
  line: string,
  env: Readonly<Record<string, string>> = {},
  cwd = scratchDir('stranger'),
): Promise<Ended> {
  if (!existsSync(ENTRY)) throw new Error('The command line is not built: npm run build');
  const child = spawn(process.execPath, [ENTRY, ...line.split(' ')], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
  });
  const printed = { out: '', error: '' };
  child.stdout.on('data', (chunk: Buffer) => (printed.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (printed.error += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...printed })));
}

/** What the command printed with `--json`. */
export const jsonOf = <T>({ out }: Ended): T => JSON.parse(out) as T;

export interface ListedKeys {
  readonly keys: readonly {
    readonly kid: string;
    readonly phase: string;
    readonly algorithm: string;
  }[];
}
