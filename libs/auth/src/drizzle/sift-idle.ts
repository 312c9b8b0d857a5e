import { setTimeout as delay } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { HostPool } from './host-pool.js';

const ANSWER_WITHIN_MS = 1_000;
const FAREWELL_MS = 250;
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
 * If one connection died or stopped answering, the idle ones in the pool have often died, too (a
 * fail-over, a firewall that dropped its state). Each is tested once, and closed if it does not
 * answer, so that later calls do not fail on them one by one.
 */
export function siftIdle(pool: HostPool): void {
  if (beingSifted.has(pool)) return;
  beingSifted.add(pool);
  const probes = Array.from({ length: pool.idleCount }, () => probeOne(pool));
  void Promise.allSettled(probes).finally(() => beingSifted.delete(pool));
}

async function probeOne(pool: HostPool): Promise<void> {
  const client = await pool.connect();
  const answer = client.query('select 1').then(
    () => true,
    () => false,
  );
  const isAlive = await Promise.race([answer, delay(ANSWER_WITHIN_MS, false, { ref: false })]);
  if (isAlive) client.release();
  else destroy(client);
}
