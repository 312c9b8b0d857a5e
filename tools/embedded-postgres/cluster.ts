import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { StartError } from './start-error.js';
import type { PostgresBinaries } from './binaries.js';
import { giveTo, type RunAs } from './identity.js';

/** The superuser's name. */
export const SUPERUSER = 'postgres';
const DRAFT = 'postgres.new-';

/** `<DATA_DIR>/postgres`: the data directory, and the password beside it. */
export interface Cluster {
  readonly dir: string;
  readonly dataDir: string;
  readonly passwordFile: string;
}

export function clusterIn(demoDir: string, name = 'postgres'): Cluster {
  const dir = join(demoDir, name);
  return { dir, dataDir: join(dir, 'data'), passwordFile: join(dir, 'password') };
}

/**
 * Makes the cluster on the first start. It is made under another name and renamed when it is whole, so that a kill
 * leaves all or nothing.
 */
export async function ensureCluster(
  demoDir: string,
  binaries: PostgresBinaries,
  user: RunAs | undefined,
): Promise<Cluster> {
  const cluster = clusterIn(demoDir);
  removeDrafts(demoDir);
  if (existsSync(cluster.dir)) {
    const major = readFileSync(join(cluster.dataDir, 'PG_VERSION'), 'utf8').trim();
    if (major !== binaries.major)
      throw new StartError(
        `${cluster.dir} was made by PostgreSQL ${major}, this is ${binaries.major}: move it away, or set DATABASE_URL`,
      );
    return cluster;
  }
  const draft = clusterIn(demoDir, DRAFT + randomBytes(4).toString('hex'));
  for (const dir of [draft.dir, draft.dataDir]) {
    mkdirSync(dir, { mode: 0o700 });
    giveTo(dir, user);
  }
  writeFileSync(draft.passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  giveTo(draft.passwordFile, user);
  await initdb(draft, binaries, user);
  renameSync(draft.dir, cluster.dir);
  // an initdb that was still writing at the first attempt has lost its directory since
  removeDrafts(demoDir);
  return cluster;
}

/**
 * How the data directory is named to a Postgres that runs in it. As another user it may not be able to walk there, but
 * it is there already.
 */
export function dataDirArgument(cluster: Cluster, user: RunAs | undefined): string {
  return user ? '/proc/self/cwd' : cluster.dataDir;
}

/** The environment without the caller's `PG*` variables. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const keep = [
    'PATH',
    'TMPDIR',
    'TEMP',
    'TMP',
    'SystemRoot',
    'SYSTEMROOT',
    'DYLD_LIBRARY_PATH',
    'LD_LIBRARY_PATH',
  ];
  const kept = keep.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  return { ...(Object.fromEntries(kept) as NodeJS.ProcessEnv), LC_ALL: 'C', TZ: 'UTC' };
}

function initdb(
  draft: Cluster,
  binaries: PostgresBinaries,
  user: RunAs | undefined,
): Promise<void> {
  const args = [
    '-D',
    dataDirArgument(draft, user),
    '-U',
    SUPERUSER,
    `--pwfile=${join('..', 'password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--no-instructions',
    // the provider of its own, which no system's locales change, came with 17
    ...(Number(binaries.major) >= 17
      ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
      : ['--locale=C.UTF-8']),
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(binaries.initdb, args, {
      cwd: draft.dataDir,
      env: cleanEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
      ...user,
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
    child.on('error', (cause) =>
      reject(
        new StartError(`Cannot run ${binaries.initdb} (${cause.message}): set DATABASE_URL`, {
          cause,
        }),
      ),
    );
    child.on('close', (code) => {
      if (code === 0) return resolve();
      reject(
        new StartError(
          `initdb failed (${said.trim().split('\n').at(0) ?? `exit ${code}`}): set DATABASE_URL to use a PostgreSQL of your own`,
        ),
      );
    });
  });
}

/** Left by a kill during the first start; an initdb that still writes there loses its directory and gives up. */
function removeDrafts(demoDir: string): void {
  for (const name of readdirSync(demoDir)) {
    if (!name.startsWith(DRAFT)) continue;
    try {
      rmSync(join(demoDir, name), { recursive: true, force: true, maxRetries: 3 });
    } catch {
      continue; // the next start gets it
    }
  }
}
