import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processIdentity } from '../../tools/embedded-postgres/process-identity.js';

/** A value that the runner passes to the specs. */
export function given(
  name: 'TEST_DATABASE_URL' | 'TEST_REDIS_URL' | 'TEST_REDIS_SERVER' | 'TEST_POSTGRES_BIN',
): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests with \`npm test -- <path>\``);
  return value;
}

/** A fresh directory (mode 0700) that is removed when the run ends. */
export function scratchDir(label: string): string {
  return mkdtempSync(join(process.env['TEST_RUN_DIR'] ?? tmpdir(), `${label}-`));
}

/** Registers a process that the runner ends if the test did not. */
export function noteProcess(pid: number): void {
  const runDir = process.env['TEST_RUN_DIR'];
  const identity = processIdentity(pid);
  if (runDir === undefined || identity === undefined) return;
  mkdirSync(join(runDir, 'processes'), { recursive: true });
  writeFileSync(join(runDir, 'processes', String(pid)), identity);
}
