import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from './start-error.js';
import { processIdentity } from './process-identity.js';

const NAME = 'embedded.lock.';

export type LockOutcome =
  | { readonly outcome: 'acquired'; readonly release: () => void }
  | { readonly outcome: 'held'; readonly pid: number };

interface Holder {
  readonly pid: number;
  readonly identity: string;
}

/**
 * One holder a directory. The file with the highest number is the lock; whoever finds its holder dead makes the next
 * number with an exclusive link(), so that of several who find it dead exactly one succeeds. Nobody ever removes a lock
 * that might be alive.
 */
export function acquireDataLock(dataDir: string): LockOutcome {
  for (;;) {
    const current = highest(dataDir);
    const holder = current > 0 ? readHolder(join(dataDir, NAME + current)) : undefined;
    if (holder && processIdentity(holder.pid) === holder.identity)
      return { outcome: 'held', pid: holder.pid };
    const mine = current + 1;
    if (!create(dataDir, mine)) continue;
    // a number that was free because its owner had been succeeded already: the higher one decides
    if (highest(dataDir) !== mine) {
      rmSync(join(dataDir, NAME + mine), { force: true });
      continue;
    }
    removeOlder(dataDir, mine);
    return {
      outcome: 'acquired',
      release: () => rmSync(join(dataDir, NAME + mine), { force: true }),
    };
  }
}

function highest(dataDir: string): number {
  return Math.max(0, ...numbers(dataDir));
}

function numbers(dataDir: string): number[] {
  return readdirSync(dataDir)
    .filter((name) => name.startsWith(NAME) && /^\d+$/.test(name.slice(NAME.length)))
    .map((name) => Number(name.slice(NAME.length)));
}

function create(dataDir: string, number: number): boolean {
  const draft = join(dataDir, `${NAME}draft-${process.pid}-${randomBytes(4).toString('hex')}`);
  const holder: Holder = { pid: process.pid, identity: processIdentity(process.pid) ?? '' };
  writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 });
  try {
    linkSync(draft, join(dataDir, NAME + number));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function removeOlder(dataDir: string, mine: number): void {
  for (const number of numbers(dataDir))
    if (number < mine) rmSync(join(dataDir, NAME + number), { force: true });
  for (const name of readdirSync(dataDir)) {
    const pid = Number(/^embedded\.lock\.draft-(\d+)-/.exec(name)?.[1] ?? 0);
    if (pid > 0 && processIdentity(pid) === undefined) rmSync(join(dataDir, name), { force: true });
  }
}
