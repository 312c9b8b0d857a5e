import { execFileSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../tools/embedded-postgres/index.js';
import { hostDatabase } from './host-app.js';
import { privatePostgres } from './private-servers.js';
import { tcpProxy } from './proxy.js';
import { noteProcess, scratchDir } from './run-environment.js';

type Primary = Awaited<ReturnType<typeof privatePostgres>>;

/**
 * A hot standby made from a copy of the primary, which is restarted for it. `follows` nobody: it
 * has heard nothing since the copy, like one that lags.
 */
async function startStandby(
  primary: Primary,
  follows: 'primary' | 'nobody',
): Promise<EmbeddedPostgres> {
  const copy = scratchDir('standby');
  const data = join(copy, 'postgres', 'data');
  await primary.stop();
  // with the owners: as root, the server runs as somebody else
  execFileSync('cp', ['-a', join(primary.dir, 'postgres'), copy]);
  writeFileSync(join(data, 'standby.signal'), '');
  if (follows === 'primary') {
    const { port, username, password } = new URL(primary.url);
    const at = `host=127.0.0.1 port=${port} user=${username} password=${password}`;
    appendFileSync(join(data, 'postgresql.auto.conf'), `primary_conninfo = '${at}'\n`);
  }
  await primary.start();
  const standby = await startEmbeddedPostgres({ dataDir: copy });
  noteProcess(standby.pid);
  return standby;
}

/** A primary with the database of a host, its standby, and a proxy that leads to the primary until told otherwise. */
export async function startPair(follows: 'primary' | 'nobody') {
  const primary = await privatePostgres();
  const database = await hostDatabase({ url: primary.url, drop: () => Promise.resolve() });
  const standby = await startStandby(primary, follows);
  const proxy = await tcpProxy(primary.url);
  return {
    primary,
    database,
    standby,
    proxy,
    async close(): Promise<void> {
      await database.drop();
      await proxy.close();
      await Promise.all([standby.stop(), primary.stop()]);
    },
  };
}

export type Pair = Awaited<ReturnType<typeof startPair>>;
