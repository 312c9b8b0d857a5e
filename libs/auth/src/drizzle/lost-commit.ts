import { setTimeout as delay } from 'node:timers/promises';
import type { HostPool } from './host-pool.js';
import { destroy } from './sift-idle.js';

/** Identifies a transaction: its id, and the server process that assigned it. */
export interface CommitMark {
  readonly id: string;
  readonly server: string;
}

const ANSWER_WITHIN_MS = 500;
const PAUSE_MS = 25;
const SERVER = 'extract(epoch from pg_postmaster_start_time())::text';

/**
 * Columns of the statement that begins the transaction. They make the server assign an id, so they
 * are not for transactions that only read.
 */
export const MARK_COLUMNS = `txid_current()::text as id, ${SERVER} as server`;

const QUESTION = `select txid_status($1::bigint) as status, ${SERVER} as server`;

/**
 * The outcome of a transaction whose connection was lost during its commit. `unknown` if nobody
 * waits any more, or if another server process answers: after a crash or a fail-over the same id
 * may have been assigned again.
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
    // the server has not noticed the loss yet, or waits for a standby
  }
  return 'unknown';
}

/** Asks on a separate connection; one that does not answer is given up. */
async function ask(
  pool: HostPool,
  id: string,
): Promise<{ status: string; server: string } | undefined> {
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
