// Rotation in the store: against pgbench running the same statement, prepared, and against the three Drizzle statements
// of the guides.
import { randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { boolean, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { hasPgbench, pgbench } from '../support/pgbench.mjs';
import { fill, ownDatabase, rotating, rotationOf, sessionId } from '../support/sessions.mjs';
import { rotated } from '../support/statistics.mjs';

const CLIENTS = 8;
const LOADED = 64;
/** Sessions of one window; each window has its own. */
const PER_WINDOW = 1024;

export async function rotation({ quick, servers, say }) {
  say('rotation in the store');
  const windows = quick ? 3 : 11;
  const seconds = quick ? 1 : 1.2;
  const database = await ownDatabase(servers, 'bench_rotation');
  try {
    await fill(database.pool, PER_WINDOW * windows * 3 + PER_WINDOW);
    const contestants = Object.entries(await contestantsOf(database, servers, seconds));
    const raw = [];
    for (const [, contestant] of contestants) await contestant();
    for (let turn = 0; turn < windows - 1; turn++) {
      const figures = {};
      for (const [name, contestant] of rotated(contestants, turn))
        figures[name] = await contestant();
      raw.push(figures);
    }
    return { rows: rowsOf(raw), raw };
  } finally {
    await database.drop();
  }
}

/** By name: one window of each, which returns its rotations a second. */
async function contestantsOf(database, servers, seconds) {
  const sql = await statementOf(database);
  const guides = await guidesStatements(database, PER_WINDOW);
  const same = Array.from({ length: PER_WINDOW }, (_, i) => i);
  let next = 1;
  const range = () => Array.from({ length: PER_WINDOW }, () => next++);
  const rotate = async (n, generation) =>
    (await database.sessions.rotate(rotationOf(n, generation))).kind === 'rotated';
  const store = (inFlight) => () => rotating(rotate, range(), inFlight, seconds, new Map());
  const inPgbench = async () => {
    const from = range()[0];
    const { perSecond } = await pgbench({
      dir: servers.dir,
      url: database.url,
      sql: sql.replace(':n::text', `(:n + ${from - 1})::text`),
      clients: CLIENTS,
      size: PER_WINDOW / CLIENTS,
      start: 1,
      seconds,
    });
    return perSecond;
  };
  return {
    store: store(CLIENTS),
    loaded: store(LOADED),
    guides: () => rotating(guides, same, CLIENTS, seconds, new Map()),
    ...(hasPgbench() && { pgbench: inPgbench }),
  };
}

function rowsOf(raw) {
  const over = (a, b) => raw.flatMap((each) => (each[b] ? [each[a] / each[b]] : []));
  const rows = [
    {
      what: `rotation in the store against pgbench, the same statement prepared, ${CLIENTS} connections`,
      values: over('store', 'pgbench'),
      bar: 0.8,
    },
    {
      what: `the same with ${LOADED} in flight on ${CLIENTS} connections`,
      values: over('loaded', 'pgbench'),
      stretch: 1.5,
    },
    {
      what: `rotation against the guides' three Drizzle statements, ${CLIENTS} in flight`,
      values: over('store', 'guides'),
      bar: 4,
      stretch: 8,
    },
  ];
  return rows.filter(({ values }) => values.length > 0);
}

/**
 * The text that the store sends for one session, its values written out: what differs from call to call becomes a
 * variable of pgbench.
 */
async function statementOf({ pool, sessions }) {
  const client = await pool.connect();
  const { query } = Object.getPrototypeOf(client);
  client.release();
  let seen;
  // the store takes a client of the pool, and looks at the tables first
  Object.getPrototypeOf(client).query = function noted(config, ...rest) {
    if (config.text?.includes('unnest($')) seen ??= config;
    return query.call(this, config, ...rest);
  };
  const n = Number.MAX_SAFE_INTEGER;
  await sessions.rotate(rotationOf(n, 1));
  Object.getPrototypeOf(client).query = query;
  const literal = (value) => {
    if (value === sessionId(n)) return `lpad(:n::text, 32, '0')::uuid`;
    if (value === 1) return ':g';
    if (Buffer.isBuffer(value)) return `'\\x${value.toString('hex')}'::bytea`;
    return value === null ? 'null' : typeof value === 'number' ? `${value}` : `'${value}'`;
  };
  return seen.text.replaceAll(/\$(\d+)/g, (_, at) => `array[${seen.values[at - 1].map(literal)}]`);
}

const tokens = pgTable('guide_tokens', {
  id: uuid('id').primaryKey().defaultRandom(),
  userId: uuid('user_id').notNull(),
  tokenHash: text('token_hash').notNull().unique(),
  familyId: uuid('family_id').notNull(),
  revoked: boolean('revoked').notNull().default(false),
  expiresAt: timestamp('expires_at').notNull(),
  createdAt: timestamp('created_at').notNull().defaultNow(),
  ip: text('ip'),
  userAgent: text('user_agent'),
});

/** Look the token up, spend it, insert the next: not atomic, and a row for every token there ever was. */
async function guidesStatements({ db, pool }, sessions) {
  await pool.query(
    `create table guide_tokens (id uuid primary key default gen_random_uuid(), user_id uuid not null, token_hash text not null unique, family_id uuid not null,
       revoked boolean not null default false, expires_at timestamp not null, created_at timestamp not null default now(), ip text, user_agent text)`,
  );
  await pool.query('create index on guide_tokens (user_id)');
  const hash = () => randomBytes(32).toString('hex');
  const current = Array.from({ length: sessions }, hash);
  await pool.query(
    `insert into guide_tokens (user_id, token_hash, family_id, expires_at) select gen_random_uuid(), h, gen_random_uuid(), now() + interval '30 days' from unnest($1::text[]) h`,
    [current],
  );
  return async (n) => {
    const [stored] = await db
      .select()
      .from(tokens)
      .where(eq(tokens.tokenHash, current[n]))
      .limit(1);
    if (!stored || stored.revoked || stored.expiresAt < new Date()) return false;
    await db.update(tokens).set({ revoked: true }).where(eq(tokens.id, stored.id));
    const { userId, familyId, ip, userAgent } = stored;
    const expiresAt = new Date(Date.now() + 30 * 86_400_000);
    current[n] = hash();
    await db
      .insert(tokens)
      .values({ userId, familyId, tokenHash: current[n], expiresAt, ip, userAgent });
    return true;
  };
}
