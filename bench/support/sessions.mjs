// Sessions for the store's benches: made by one INSERT, rotated with a constant hash, so that pgbench can send the same
// statement.
import { createHash } from 'node:crypto';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { dist } from './servers.mjs';

const { drizzleStorage, migrateAuth } = await import(dist('libs/auth/src/drizzle/index.js'));

export const HASH = createHash('sha256').update('bench').digest();
export const sessionId = (n) =>
  n
    .toString()
    .padStart(32, '0')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

/** An own database, migrated, so that one table's size is not another one's business. */
export async function ownDatabase(servers, name) {
  const admin = new pg.Client(servers.databaseUrl);
  await admin.connect();
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.query(`create database ${name}`);
  await admin.end();
  const url = new URL(servers.databaseUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 8 });
  const db = drizzle(pool);
  await migrateAuth(db);
  const storage = drizzleStorage(db);
  const drop = async () => {
    await pool.end();
    const again = new pg.Client(servers.databaseUrl);
    await again.connect();
    await again.query(`drop database ${name} with (force)`);
    await again.end();
  };
  return { url: url.href, pool, db, sessions: storage.sessions, drop };
}

/** `count` sessions of `count / 10` users, numbered from 1; vacuumed, analysed and checkpointed. */
export async function fill(pool, count) {
  await pool.query(
    `insert into auth_subjects (subject) select 'user-' || i from generate_series(0, $1::int) i`,
    [Math.ceil(count / 10)],
  );
  await pool.query(
    `insert into auth_sessions (id, subject, epoch, token_hash, transport, auth_time, idle_expires_at, absolute_expires_at, created_ip, last_ip, user_agent)
     select lpad(i::text, 32, '0')::uuid, 'user-' || (i / 10), 1, $1, 'cookie', now(), now() + interval '30 days', now() + interval '180 days',
       '192.0.2.1', '192.0.2.1', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36'
     from generate_series(1, $2::int) i`,
    [HASH, count],
  );
  await pool.query('vacuum analyze auth_sessions');
  await pool.query('vacuum analyze auth_subjects');
  await pool.query('checkpoint');
}

/** What a refresh hands to the store, for session n at its generation. */
export const rotationOf = (n, generation) => ({
  sessionId: sessionId(n),
  generation,
  presentedHash: HASH,
  nextHash: HASH,
  nonce: HASH.subarray(0, 16),
  ttlMs: 30 * 86_400_000,
  rememberMeTtlMs: 90 * 86_400_000,
  ip: '192.0.2.1',
  userAgent:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
});

/**
 * Rotations a second for `seconds`: `inFlight` workers, each round and round over sessions of its own.
 * `generations`: of each session, 1 where it has none; kept up to date here.
 */
export async function rotating(rotate, sessions, inFlight, seconds, generations) {
  const until = performance.now() + seconds * 1000;
  const from = performance.now();
  let done = 0;
  const worker = async (_, at) => {
    for (
      let i = at;
      performance.now() < until;
      i = i + inFlight < sessions.length ? i + inFlight : at
    ) {
      const n = sessions[i];
      const generation = generations.get(n) ?? 1;
      if (!(await rotate(n, generation))) throw new Error('a rotation missed');
      generations.set(n, generation + 1);
      done++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return done / ((performance.now() - from) / 1000);
}
