// Live sessions for the soak, each with a refresh token that works: the bench knows the secret that the demos are
// given.
import { createHash, randomBytes } from 'node:crypto';
import { sessionId } from './sessions.mjs';
import { dist } from './servers.mjs';

const { RefreshSecrets } = await import(dist('libs/auth/src/issue/sessions/refresh-secrets.js'));
const { hashSecret, writeRefreshToken } = await import(
  dist('libs/auth/src/issue/sessions/refresh-token.js')
);

export const REFRESH_TOKEN_SECRET = `soak:${randomBytes(32).toString('base64url')}`;
const SESSIONS_A_USER = 50;
const BATCH = 5_000;
const pepper = RefreshSecrets.parse([REFRESH_TOKEN_SECRET]).minting;
const secretOf = (n) => createHash('sha256').update(`soak ${n}`).digest();

/** `count` of them, of users made like that one; their first refresh tokens. */
export async function liveSessions(pool, count, email) {
  await pool.query(
    `insert into users select (jsonb_populate_record(u, jsonb_build_object('id', gen_random_uuid(), 'email', 'soak' || i || '@example.com'))).*
     from users u, generate_series(1, $1::int) i where u.email = $2`,
    [Math.ceil(count / SESSIONS_A_USER), email],
  );
  const { rows } = await pool.query(
    "select id::text from users where email like 'soak%' order by email",
  );
  await pool.query(
    'insert into auth_subjects (subject) select unnest($1::text[]) on conflict (subject) do nothing',
    [rows.map(({ id }) => id)],
  );
  for (let from = 0; from < count; from += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, count - from) }, (_, at) => from + at + 1);
    await pool.query(
      `insert into auth_sessions (id, subject, epoch, token_hash, transport, auth_time, idle_expires_at, absolute_expires_at)
       select id, subject, (select session_epoch from auth_subjects s where s.subject = given.subject), hash, 'bearer', now(),
         now() + interval '30 days', now() + interval '180 days'
       from unnest($1::uuid[], $2::text[], $3::bytea[]) as given(id, subject, hash)`,
      [
        numbers.map(sessionId),
        numbers.map((n) => rows[n % rows.length].id),
        numbers.map((n) => hashSecret(secretOf(n))),
      ],
    );
  }
  await pool.query('vacuum analyze auth_sessions');
  return Array.from({ length: count }, (_, at) =>
    writeRefreshToken(pepper, sessionId(at + 1), 1, secretOf(at + 1)),
  );
}
