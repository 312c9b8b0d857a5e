// Tokenward as a host sets it up: Postgres, Redis, RS256, the guard on the route; its own routes beside it.
import { createHash } from 'node:crypto';
import argon2 from '@node-rs/argon2';
import { drizzle } from 'drizzle-orm/node-postgres';
import { boolean, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { Redis } from 'ioredis';
import pg from 'pg';
import { hostOf, listen } from '../support/nest.mjs';
import { guardLoop } from '../support/guard-loop.mjs';
import { dist } from '../support/servers.mjs';
import { AUDIENCE, ISSUER } from '../support/tokens.mjs';
import { NoOpGuard } from './no-op.mjs';

const { AuthModule, AuthService, JwtAuthGuard } = await import(dist('libs/auth/src/index.js'));
const { drizzleStorage, migrateAuth } = await import(dist('libs/auth/src/drizzle/index.js'));
const { redisConnection } = await import(dist('libs/auth/src/redis/index.js'));

const people = pgTable('bench_people', {
  id: uuid('id').primaryKey().defaultRandom(),
  email: text('email').notNull().unique(),
  passwordHash: text('password_hash'),
  role: text('role'),
  disabled: boolean('disabled'),
});
const COLUMNS = {
  table: people,
  id: people.id,
  email: people.email,
  passwordHash: people.passwordHash,
  role: people.role,
  disabled: people.disabled,
};
const USERS = 200;
export const PASSWORD = 'bench-passphrase-1';

export async function serve(
  adapter,
  { keys, databaseUrl, redisUrl, cacheSize, dpop, refreshToken, algorithm = 'RS256' },
) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 16 });
  const counted = counting(pool);
  const redis = new Redis(redisUrl);
  const db = drizzle(pool);
  await migrateAuth(db);
  const ids = await seed(pool);
  const imports = [
    AuthModule.forRoot({
      issuer: ISSUER,
      audience: AUDIENCE,
      keys: signingKeys(keys, algorithm),
      storage: drizzleStorage(db, { users: COLUMNS }),
      redis: redisConnection(redis),
      throttle: false,
      ...(dpop !== undefined && { dpop }),
      ...(refreshToken !== undefined && { refreshToken }),
      ...(cacheSize !== undefined && { accessToken: { cacheSize } }),
    }),
  ];
  const { app, url } = await listen(
    hostOf({ guard: JwtAuthGuard, beside: NoOpGuard, imports }),
    adapter,
  );
  const sessions = app.get(AuthService, { strict: false });
  const open = async (at) =>
    (await sessions.openSession(ids[at % ids.length], { transport: 'bearer' })).grant;
  return {
    url,
    headers: { authorization: `Bearer ${(await open(0)).accessToken}` },
    openSessions: (n) =>
      Promise.all(Array.from({ length: n }, async (_, at) => (await open(at)).refreshToken)),
    /** An access token that is bound to the key of that thumbprint. */
    async openBound(provedKey) {
      const { grant } = await sessions.openSession(ids[0], {
        transport: 'bearer',
        client: { provedKey },
      });
      return grant.accessToken;
    },
    ...counted,
    loop: (tokens) => guardLoop(app, keys, tokens),
    async stop() {
      await app.close();
      redis.disconnect();
      await pool.end();
    },
  };
}

function signingKeys(keys, algorithm) {
  if (algorithm === 'ES256') return { algorithm, privateKey: keys.ecPrivatePem, keyId: 'bench-ec' };
  return { algorithm, privateKey: keys.privatePem, keyId: 'bench' };
}

/** Statements that touch sessions or users, counted where they leave the process. */
function counting(pool) {
  let statements = 0;
  pool.on('connect', (client) => {
    const { query } = client;
    client.query = function counted(config, ...rest) {
      const sql = typeof config === 'string' ? config : config?.text;
      if (/auth_sessions|bench_people|auth_subjects/.test(sql ?? '')) statements++;
      return query.call(this, config, ...rest);
    };
  });
  return { statements: async () => statements };
}

async function seed(pool) {
  await pool.query(
    'create table if not exists bench_people (id uuid primary key default gen_random_uuid(), email text not null unique, password_hash text, role text, disabled boolean)',
  );
  const salt = createHash('sha256').update('bench').digest().subarray(0, 16);
  const hash = await argon2.hash(PASSWORD, {
    algorithm: 2,
    memoryCost: 19_456,
    timeCost: 2,
    parallelism: 1,
    salt,
  });
  await pool.query(
    `insert into bench_people (email, password_hash, role) select 'bench' || i || '@example.com', $1, 'user' from generate_series(1, $2::int) i
     on conflict (email) do nothing`,
    [hash, USERS],
  );
  const { rows } = await pool.query('select id from bench_people order by email');
  return rows.map(({ id }) => id);
}
