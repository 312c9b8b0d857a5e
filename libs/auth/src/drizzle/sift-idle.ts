import { setTimeout as delay } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { HostPool } from './host-pool.js';

const ANSWER_WITHIN_MS = 1_000;
const FAREWELL_MS = 250;
/** True on a connection to a standby, or one that is read-only. */
const MISLED = `select pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as misled`;
const beingSifted = new WeakSet<object>();

/**
 * Removes the client from the pool, and closes the socket even if the other side does not answer.
 */
export function destroy(client: PoolClient): void {
  client.release(true);
  const { connection } = client as PoolClient & { connection?: { stream?: { destroy?(): void } } };
  setTimeout(() => connection?.stream?.destroy?.(), FAREWELL_MS).unref();
}

/**
 * If one connection died, stopped answering or led to a standby, the idle ones in the pool have often
 * done so, too (a fail-over, a firewall that dropped its state). Each is tested once, and closed if
 * it is of no use, so that later calls do not fail on them one by one.
 */
export function siftIdle(pool: HostPool): void {
  if (beingSifted.has(pool)) return;
  beingSifted.add(pool);
  const probes = Array.from({ length: pool.idleCount }, () => probeOne(pool));
  void Promise.allSettled(probes).finally(() => beingSifted.delete(pool));
}

async function probeOne(pool: HostPool): Promise<void> {
  const client = await pool.connect();
  const answer = client.query<{ misled: boolean }>(MISLED).then(
    ({ rows }) => rows[0]?.misled === false,
    () => false,
  );
  const isOfUse = await Promise.race([answer, delay(ANSWER_WITHIN_MS, false, { ref: false })]);
  if (isOfUse) client.release();
  else destroy(client);
}
