import type { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import type { Client, Pool, PoolClient } from 'pg';
import { AuthError } from '../common/auth-error.js';
import { type Database, dialectOf } from './database.js';

/** What Tokenward needs of the host's pool: the pool of node-postgres, or a class that extends it. */
export type HostPool = Pick<Pool, 'connect' | 'options' | 'on' | 'listenerCount' | 'idleCount'> & {
  readonly Client: typeof Client;
};

const DRIVER: unique symbol = Symbol.for('drizzle:entityKind');
/** When a server restarts, a pool loses all its connections at about the same time. */
const TELL_EVERY_MS = 10_000;
const covered = new WeakSet<object>();

/**
 * The pool under the host's Drizzle database. A client that cannot isolate a transaction from other
 * statements is refused.
 */
export function poolOf(db: Database, option = 'drizzleStorage'): HostPool {
  // callers without TypeScript may pass anything
  const client = (db as (Database & { $client?: Partial<HostPool> }) | undefined)?.$client;
  if (isPool(client)) {
    if (!('casing' in dialectOf(db)))
      throw AuthError.configuration(
        option,
        'works with drizzle-orm 0.44 and 0.45, and this database is of another version; install drizzle-orm@0.45',
      );
    // the driver would read the bytes as text and lose some of them
    if ((client.options as { binary?: boolean }).binary)
      throw AuthError.configuration(
        option,
        'cannot work on a pool with binary: true; take that setting out',
      );
    outliveLostConnections(client);
    return client;
  }
  throw AuthError.configuration(
    option,
    `needs Drizzle on a Pool of node-postgres, and this is ${nameOf(db, client)}; write drizzle(new Pool({ connectionString })) with drizzle from drizzle-orm/node-postgres and Pool from pg`,
  );
}

function isPool(client: Partial<HostPool> | undefined): client is HostPool {
  return typeof client?.connect === 'function' && typeof client.idleCount === 'number';
}

function nameOf(db: Database, client: object | undefined): string {
  const { constructor: made } = (db ?? {}) as { constructor: { [DRIVER]?: unknown } };
  const kind = made[DRIVER];
  if (kind !== 'NodePgDatabase')
    return typeof kind === 'string' ? `a ${kind}` : 'not a Drizzle database';
  // with one connection for all statements, the rollback of one request would undo the revocation of another
  return client && 'connect' in client ? 'one Client' : 'without a pool';
}

/**
 * A lost connection emits `error`: on the pool while it is idle, on its client while it is in use.
 * Without a listener this event ends the process.
 */
function outliveLostConnections(pool: HostPool): void {
  if (covered.has(pool)) return;
  covered.add(pool);
  const logger = new Logger('Tokenward');
  let toldAt = -Infinity;
  pool.on('error', (error: Error & { code?: unknown }) => {
    // a host with its own listener logs the loss itself
    if (pool.listenerCount('error') > 1 || performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    const code = typeof error.code === 'string' ? error.code : 'closed';
    logger.warn(
      `connections of the pool were lost while idle (${code}); the next query opens another`,
    );
  });
  pool.on('acquire', (client: PoolClient) => {
    const emitter: EventEmitter = client;
    if (covered.has(client)) return;
    covered.add(client);
    emitter.on('error', () => undefined);
  });
}
