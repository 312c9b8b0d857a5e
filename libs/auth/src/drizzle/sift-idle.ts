import { setTimeout as delay } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { HostPool } from './host-pool.js';

const ANSWER_WITHIN_MS = 1_000;
const FAREWELL_MS = 250;
const beingSifted = new WeakSet<object>();

/** Out of the pool, and closed even where the other side hears no farewell. */
export function destroy(client: PoolClient): void {
  client.release(true);
  const { connection } = client as PoolClient & { connection?: { stream?: { destroy?(): void } } };
  setTimeout(() => connection?.stream?.destroy?.(), FAREWELL_MS).unref();
}

/**
 * Where one connection died or fell silent, those that wait in the pool have often died with it (a fail-over, a firewall that forgot them). Each is
 * asked once, and dropped without an answer, so that neither Tokenward nor the host runs into them one by one.
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
