import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../../../../tools/embedded-postgres/start-error.js';

const DRAFT = '.draft-';
const ABANDONED_AFTER_MS = 60_000;

/**
 * Creates a file (0600) with all of its content or not at all. Of several processes that try at once, one succeeds.
 * When this returns, the file exists, whichever process created it.
 */
export function createExclusively(path: string, content: string): void {
  const dir = dirname(path);
  removeAbandoned(dir);
  const draft = join(
    dir,
    `${DRAFT}${basename(path)}-${process.pid}-${randomBytes(4).toString('hex')}`,
  );
  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(draft, path);
    if (process.platform !== 'win32') sync(dir);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Syncs the folder, so that the name is as durable as the content. */
function sync(dir: string): void {
  const handle = openSync(dir, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Removes files that a kill between writing and renaming left behind. */
function removeAbandoned(dir: string): void {
  for (const name of readdirSync(dir).filter((entry) => entry.startsWith(DRAFT))) {
    const stats = statSync(join(dir, name), { throwIfNoEntry: false });
    if (stats && Date.now() - stats.mtimeMs > ABANDONED_AFTER_MS)
      rmSync(join(dir, name), { force: true });
  }
}
