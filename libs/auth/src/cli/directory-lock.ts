import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { SystemClock } from '../common/clock.js';
import { SystemEntropy } from '../common/entropy.js';
import { CommandError } from './io.js';

const NAME = '.tokenward-lock';
const ABANDONED_AFTER_MS = 60_000;
/** A large RSA key may take minutes. */
const RENEWED_EVERY_MS = 15_000;

/** Does the work while no other command does its own in this directory. */
export async function exclusivelyIn<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const lock = join(dir, NAME);
  const owner = new SystemEntropy().bytes(6).toString('hex');
  removeAbandoned(lock, owner);
  take(lock, owner, dir);
  const isOurs = () => contentOf(lock) === owner;
  const renewal = setInterval(() => {
    const now = new Date();
    if (isOurs()) utimesSync(lock, now, now);
  }, RENEWED_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    if (isOurs()) rmSync(lock, { force: true });
  }
}

/** Of several commands that find it, one moves it away. What another one has just taken is put back. */
function removeAbandoned(lock: string, owner: string): void {
  if (!isAbandoned(lock)) return;
  const aside = `${lock}-${owner}`;
  try {
    renameSync(lock, aside);
    if (!isAbandoned(aside)) linkSync(aside, lock);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['ENOENT', 'EEXIST'].includes(code)) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function isAbandoned(file: string): boolean {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats !== undefined && new SystemClock().now() - stats.mtimeMs > ABANDONED_AFTER_MS;
}

function take(lock: string, owner: string, dir: string): void {
  try {
    const file = openSync(lock, 'wx', 0o600);
    writeSync(file, owner);
    closeSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new CommandError(`another tokenward command is changing ${dir}: try again`);
  }
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
