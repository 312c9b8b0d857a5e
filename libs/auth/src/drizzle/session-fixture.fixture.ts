import { randomBytes, randomUUID } from 'node:crypto';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { NewSession } from '../sessions/session.js';
import type { Rotation } from '../sessions/session.store.js';
import { DrizzleSessionStore } from './drizzle-session.store.js';
import { migrateAuth } from './migrate.js';
import { createAuthSchema } from './schema.js';

/** A migrated database with a store on it, for specs. */
export async function openStore(url: string, max = 24) {
  const pool = new pg.Pool({ connectionString: url, max });
  const db = drizzle(pool);
  await migrateAuth(db);
  const schema = createAuthSchema();
  return { pool, db, schema, store: new DrizzleSessionStore(db as never, schema, { deadlineMs: 5000 }) };
}

export function newSession(changes: Partial<NewSession> = {}): NewSession {
  return {
    id: randomUUID(),
    subject: randomUUID(),
    expected: { tokenVersion: 1, epoch: 1 },
    tokenHash: randomBytes(32),
    transport: 'cookie',
    persistent: false,
    idleTtlMs: 30 * 86_400_000,
    absoluteTtlMs: 180 * 86_400_000,
    authTime: new Date(),
    amr: ['pwd'],
    ip: '203.0.113.7',
    userAgent: 'spec',
    maxPerUser: 100,
    ...changes,
  };
}

export function rotationOf(session: NewSession, changes: Partial<Rotation> = {}): Rotation {
  return {
    sessionId: session.id,
    generation: 1,
    presentedHash: session.tokenHash,
    nextHash: randomBytes(32),
    nonce: randomBytes(16),
    ttlMs: 30 * 86_400_000,
    rememberMeTtlMs: 90 * 86_400_000,
    ...changes,
  };
}
