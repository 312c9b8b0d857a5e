import type { EventEmitter } from 'node:events';
import type { Database } from './database.js';

const covered = new WeakSet<object>();

/**
 * A connection that is lost inside a transaction fails the statement and emits `error` on its client, where node-postgres's pool does not
 * listen while the client is handed out: without a listener the event ends the whole process.
 */
export function outliveLostConnections(db: Database): void {
  const { $client: pool } = db as Database & { $client?: EventEmitter };
  if (!pool || typeof pool.on !== 'function' || covered.has(pool)) return;
  covered.add(pool);
  pool.on('acquire', (client: EventEmitter) => {
    if (covered.has(client)) return;
    covered.add(client);
    client.on('error', () => undefined);
  });
}
