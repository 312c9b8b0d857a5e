import { chownSync, existsSync, lstatSync, realpathSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { StartError } from './start-error.js';

/** The user that runs Postgres; undefined: the one who runs this process. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody`, which needs no entry in the user database. */
const NOBODY = 65534;

/** Postgres refuses to run as root: then it runs as the owner of its data directory, at first `nobody`. */
export function runAs(clusterDir: string): RunAs | undefined {
  const me = process.getuid?.();
  if (me === undefined) return undefined;
  const owner = existsSync(clusterDir) ? lstatSync(clusterDir) : undefined;
  if (me !== 0) {
    if (owner && owner.uid !== me)
      throw new StartError(
        `${clusterDir} belongs to another user (uid ${owner.uid}): start as that user, or set DATA_DIR or DATABASE_URL`,
      );
    return undefined;
  }
  if (process.platform !== 'linux')
    throw new StartError(
      'Embedded PostgreSQL does not run as root on this platform: start as another user, or set DATABASE_URL',
    );
  return owner && owner.uid !== 0
    ? { uid: owner.uid, gid: owner.gid }
    : { uid: NOBODY, gid: NOBODY };
}

export function giveTo(path: string, user: RunAs | undefined): void {
  if (!user) return;
  try {
    chownSync(path, user.uid, user.gid);
  } catch (cause) {
    throw new StartError(
      `Cannot give ${path} to uid ${user.uid} (PostgreSQL refuses to run as root): start as another user, or set DATABASE_URL`,
      { cause },
    );
  }
}

/**
 * Whether the user can read and enter the path. Access control lists are not looked at: a no may be wrong, a yes is
 * not.
 */
export function isReachableBy(path: string, user: RunAs): boolean {
  let at = realpathSync(path);
  if (!has(statSync(at), user, statSync(at).isDirectory() ? 5 : 4)) return false;
  while (at !== dirname(at)) {
    at = dirname(at);
    if (!has(statSync(at), user, 1)) return false;
  }
  return true;
}

function has(stats: Stats, user: RunAs, bits: number): boolean {
  const shift = stats.uid === user.uid ? 6 : stats.gid === user.gid ? 3 : 0;
  return ((stats.mode >> shift) & bits) === bits;
}
