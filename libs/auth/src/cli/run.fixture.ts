import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './io.js';
import { run } from './run.js';

export const scratch = () => mkdtempSync(join(tmpdir(), 'tokenward-cli-'));

export async function tokenward(line: string, environment: Environment = {}) {
  const printed = { out: '', error: '' };
  const code = await run(line.split(' ').filter(Boolean), environment, {
    out: (text) => void (printed.out += text),
    error: (text) => void (printed.error += text),
  });
  return { code, ...printed };
}
export const files = (dir: string) => readdirSync(dir).map((name) => join(dir, name));
