import { setTimeout as delay } from 'node:timers/promises';
import type { HostPool } from './host-pool.js';
import { destroy } from './sift-idle.js';

/** What a transaction is asked about by: its id, and the server process that gave it out. */
export interface CommitMark {
  readonly id: string;
  readonly server: string;
}

const ANSWER_WITHIN_MS = 500;
const PAUSE_MS = 25;
const SERVER = 'extract(epoch from pg_postmaster_start_time())::text';

/** Columns of the statement that begins it. The id is given out by it: not for what only reads. */
export const MARK_COLUMNS = `txid_current()::text as id, ${SERVER} as server`;

const QUESTION = `select txid_status($1::bigint) as status, ${SERVER} as server`;

/**
 * What became of a transaction whose connection was lost at its commit. `unknown` where nobody waits any more, and where another server process
 * answers: after a crash or a fail-over an id may have been given out again.
 */
export async function outcomeOf(
  pool: HostPool,
  mark: CommitMark,
  isOver: () => boolean,
): Promise<'committed' | 'aborted' | 'unknown'> {
  for (; !isOver(); await delay(PAUSE_MS)) {
    const row = await ask(pool, mark.id).catch(() => undefined);
    if (!row) continue;
    if (row.server !== mark.server) return 'unknown';
    if (row.status === 'committed' || row.status === 'aborted') return row.status;
    // the server has not noticed yet, or waits for a standby
  }
  return 'unknown';
}

/** On a connection of its own; one that does not answer is given up. */
async function ask(pool: HostPool, id: string): Promise<{ status: string; server: string } | undefined> {
  const client = await pool.connect();
  const asked = client.query<{ status: string; server: string }>({ text: QUESTION, values: [id] });
  const answer = await Promise.race([
    asked.catch(() => undefined),
    delay(ANSWER_WITHIN_MS, undefined, { ref: false }),
  ]);
  if (answer) client.release();
  else destroy(client);
  return answer?.rows[0];
}
