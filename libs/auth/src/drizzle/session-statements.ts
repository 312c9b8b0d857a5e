import { type Placeholder, sql, type SQL } from 'drizzle-orm';
import { addressOf } from '../common/address.js';
import type { NewSession } from '../storage/session.js';
import type { RevocableToken } from '../storage/ledger-entry.js';
import type {
  DeviceRegistration,
  DeviceUse,
  Replacement,
  Rotation,
} from '../storage/session-store.port.js';
import { ms } from './database.js';
import { refusedCondition } from './ledger-rows.js';
import { SYNCHRONOUS_COMMIT } from './own-transaction.js';
import { WAL_FILE } from './primary-answer.js';
import type { AuthSchema } from './schema.js';
import {
  actorMayAct,
  joinUsers,
  SESSION_COLUMNS,
  SUBJECT_COLUMNS,
  UNEXPIRED,
  userColumns,
  userMayUse,
} from './session-rows.js';
import { idFrom, type NamedUsers, usersFrom } from './user-columns.js';

/** The type inet accepts neither zones nor invalid values from a proxy header. */
const inet = (ip: string | undefined): string | null => addressOf(ip) ?? null;

const instant = (at: Date): SQL => sql`to_timestamp(${at.getTime() / 1000}::float8)`;

function textArray(values: readonly string[]): SQL {
  return sql`array(select jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))`;
}

function idleExpiry(times: {
  readonly ttlMs: number | SQL;
  readonly rememberMeTtlMs: number | SQL;
}): SQL {
  return sql`least(s.absolute_expires_at, clock_timestamp()
    + coalesce(s.idle_ttl_ms::float8, case when s.persistent then ${times.rememberMeTtlMs}::float8 else ${times.ttlMs}::float8 end)
      * interval '1 millisecond')`;
}

/** The values that `rotateStatement` takes: one array for each column. */
export function rotationValues(rotations: readonly Rotation[]) {
  return {
    ids: rotations.map(({ sessionId }) => sessionId),
    generations: rotations.map(({ generation }) => generation),
    presented: rotations.map(({ presentedHash }) => presentedHash),
    next: rotations.map(({ nextHash }) => nextHash),
    nonces: rotations.map(({ nonce }) => nonce),
    keys: rotations.map(({ keyHash }) => keyHash ?? null),
    idle: rotations.map(({ ttlMs }) => ttlMs),
    idleRemembered: rotations.map(({ rememberMeTtlMs }) => rememberMeTtlMs),
    ips: rotations.map(({ ip }) => inet(ip)),
    userAgents: rotations.map(({ userAgent }) => userAgent ?? null),
    proved: rotations.map(({ provedKey }) => provedKey ?? null),
  } satisfies Record<string, unknown[]>;
}

type RotationColumn = keyof ReturnType<typeof rotationValues>;
const values = (column: RotationColumn): Placeholder => sql.placeholder(column);

/**
 * A whole refresh in one statement, for any number of sessions. Of N uses of a token one matches;
 * its row returns what the access token needs, and the `position` (from 1) of the use that won.
 * `skip locked` skips rows that another transaction holds. If the statement waited longer than
 * `limitMs` for a table lock, it does nothing, because nobody waits for its answer any more.
 */
export function rotateStatement(
  schema: AuthSchema,
  users: NamedUsers | undefined,
  locked: 'skip locked' | 'wait',
  limitMs: number,
): SQL {
  const idle = idleExpiry({ ttlMs: sql`r.idle`, rememberMeTtlMs: sql`r.idle_remembered` });
  return sql`with r as materialized (
      select r.*, s.id as session_id, ${SUBJECT_COLUMNS}, ${userColumns(users)}
      from unnest(${values('ids')}::uuid[], ${values('generations')}::int[], ${values('presented')}::bytea[], ${values('next')}::bytea[],
          ${values('nonces')}::bytea[], ${values('keys')}::bytea[], ${values('idle')}::float8[], ${values('idleRemembered')}::float8[], ${values('ips')}::inet[],
          ${values('userAgents')}::text[], ${values('proved')}::text[])
          with ordinality as r(id, generation, presented, next, nonce, key, idle, idle_remembered, ip, agent, proved, position)
        join ${schema.sessions} s on s.id = r.id and s.generation = r.generation and s.token_hash = r.presented and ${UNEXPIRED}
          and s.register_by is null and (s.bound_key is null or s.bound_key = r.proved)
          and clock_timestamp() < statement_timestamp() + ${sql.raw(String(limitMs))} * interval '1 millisecond'
        join ${schema.subjects} u on u.subject = s.subject and u.session_epoch = s.epoch
        ${joinUsers(users, 'join', sql`s.subject`)} ${userMayUse(users)}
      for no key update of s ${sql.raw(locked === 'wait' ? '' : locked)}
    )
    update ${schema.sessions} s set generation = s.generation + 1, token_hash = r.next, rotation_nonce = r.nonce, rotation_cause = 'refresh',
      rotation_key = r.key, rotated_at = clock_timestamp(), last_used_at = clock_timestamp(), idle_expires_at = ${idle},
      last_ip = coalesce(r.ip, s.last_ip), user_agent = coalesce(r.agent, s.user_agent)
    from r where s.id = r.session_id
    returning ${SESSION_COLUMNS}, r.token_version, r.session_epoch, r.user_found, r.role, r.permissions, r.disabled, r.tenant, r.acting, r.position, ${sql.raw(WAL_FILE)}, ${sql.raw(SYNCHRONOUS_COMMIT)}`;
}

/** A new secret without a refresh. The caller holds or has checked the subject's epoch. */
export function replaceStatement(
  schema: AuthSchema,
  users: NamedUsers | undefined,
  replacement: Replacement,
  epoch: { readonly from: number; readonly to: number },
): SQL {
  const { presented, retry } = replacement;
  return sql`update ${schema.sessions} s set generation = s.generation + 1, token_hash = ${replacement.nextHash}, rotation_nonce = ${retry?.nonce ?? null},
      rotation_key = ${retry?.keyHash ?? null}, rotation_cause = ${replacement.cause}, rotated_at = clock_timestamp(), last_used_at = clock_timestamp(), auth_time = ${instant(replacement.authTime)},
      amr = ${textArray(replacement.amr)}, idle_expires_at = ${idleExpiry(replacement)}, epoch = ${epoch.to}
    from ${schema.subjects} u ${users ? sql`cross join ${usersFrom(users)} a` : sql``}
    where s.id = ${replacement.sessionId} and s.subject = ${replacement.subject} and s.epoch = ${epoch.from} and ${UNEXPIRED}
      ${presented ? sql`and s.generation = ${presented.generation} and s.token_hash = ${presented.hash}` : sql``}
      ${retry ? sql`and s.rotation_key is distinct from ${retry.keyHash}` : sql``}
      and u.subject = s.subject and u.session_epoch = ${epoch.to} ${sameUser(users)}
    returning ${SESSION_COLUMNS}, ${SUBJECT_COLUMNS}, ${userColumns(users)}`;
}

/** Binds a session; see `SessionStore.registerDevice`. */
export function registerStatement(
  schema: AuthSchema,
  users: NamedUsers | undefined,
  registration: DeviceRegistration,
): SQL {
  const { sessionId, presentedHash, key, withinMs } = registration;
  return sql`update ${schema.sessions} s set bound_kind = 'dbsc', bound_key = ${key}, bound_at = clock_timestamp(), register_by = null,
      ${usedBy(registration)}
    from ${schema.subjects} u ${users ? sql`cross join ${usersFrom(users)} a` : sql``}
    where s.id = ${sessionId} and s.token_hash = ${presentedHash} and s.transport = 'cookie' and s.bound_kind is null and ${UNEXPIRED}
      and s.created_at > clock_timestamp() - ${withinMs}::float8 * interval '1 millisecond'
      and u.subject = s.subject and u.session_epoch = s.epoch ${sameUser(users)}
    returning ${SESSION_COLUMNS}, ${SUBJECT_COLUMNS}, ${userColumns(users)}`;
}

/** Remembers a challenge and forgets old ones; see `SessionStore.useDevice`. */
export function useDeviceStatement(
  schema: AuthSchema,
  users: NamedUsers | undefined,
  use: DeviceUse,
): SQL {
  // compares bytes, so that the database's collation does not matter
  const remembered = sql`array(select c from unnest(s.used_challenges) c where c collate "C" >= ${use.oldestChallengeId})`;
  return sql`update ${schema.sessions} s set used_challenges = ${remembered} || ${use.challengeId}::text, ${usedBy(use)}
    from ${schema.subjects} u ${users ? sql`cross join ${usersFrom(users)} a` : sql``}
    where s.id = ${use.sessionId} and s.bound_kind = 'dbsc' and s.bound_key = ${use.key} and ${UNEXPIRED}
      and ${use.challengeId} <> all(coalesce(s.used_challenges, '{}')) and cardinality(${remembered}) < ${use.maxRemembered}
      and u.subject = s.subject and u.session_epoch = s.epoch ${sameUser(users)}
    returning ${SESSION_COLUMNS}, ${SUBJECT_COLUMNS}, ${userColumns(users)}`;
}

function usedBy(use: DeviceRegistration | DeviceUse): SQL {
  return sql`last_used_at = clock_timestamp(), idle_expires_at = ${idleExpiry(use)},
      last_ip = coalesce(${inet(use.ip)}::inet, s.last_ip), user_agent = coalesce(${use.userAgent ?? null}, s.user_agent)`;
}

function sameUser(users: NamedUsers | undefined): SQL {
  if (!users) return sql``;
  return sql`and a.${sql.identifier(users.id.name)} = ${idFrom(users, sql`s.subject`)} ${userMayUse(users)}`;
}

export const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Takes the sessions from the placeholder `ids`. */
export function readStatement(schema: AuthSchema, users: NamedUsers | undefined): SQL {
  return sql`select ${SESSION_COLUMNS}, ${SUBJECT_COLUMNS}, ${userColumns(users)}, s.token_hash, s.rotation_nonce, s.rotation_cause, s.rotation_key,
      ${ms(sql`clock_timestamp() - s.rotated_at`)} as rotated_ago,
      (${UNEXPIRED} and u.session_epoch = s.epoch ${userMayUse(users)}) as live
    from ${schema.sessions} s join ${schema.subjects} u on u.subject = s.subject ${joinUsers(users, 'left join', sql`s.subject`)}
    where s.id = any(${sql.placeholder('ids')}::uuid[])`;
}

export function insertStatement(schema: AuthSchema, session: NewSession): SQL {
  // reads the clock once: two reads would differ
  const after = (millis: number): SQL => sql`n.now + ${millis}::float8 * interval '1 millisecond'`;
  const amr = textArray(session.amr);
  const { bound, limits, provider } = session;
  return sql`insert into ${schema.sessions} as s (id, subject, epoch, generation, token_hash, transport, persistent, auth_time, amr,
      created_at, last_used_at, idle_expires_at, absolute_expires_at, created_ip, last_ip, user_agent, actor, claims,
      idle_ttl_ms, access_ttl_seconds, bound_kind, bound_key, bound_at, register_by,
      provider_issuer, provider_subject, provider_sid)
    select ${session.id}::uuid, ${session.subject}, ${session.expected.epoch}, 1, ${session.tokenHash}::bytea, ${session.transport},
      ${session.persistent}::boolean, ${instant(session.authTime)}, ${amr}, n.now, n.now,
      least(${after(session.idleTtlMs)}, ${after(session.absoluteTtlMs)}), ${after(session.absoluteTtlMs)},
      ${inet(session.ip)}::inet, ${inet(session.ip)}::inet, ${session.userAgent ?? null}, ${session.actor?.id ?? null}::text,
      ${session.claims ? JSON.stringify(session.claims) : null}::json,
      ${limits?.idleTtlMs ?? null}::bigint, ${limits?.accessTtlSeconds ?? null}::integer,
      ${bound?.kind ?? null}::text, ${bound?.key ?? null}::text, ${bound ? sql`n.now` : sql`null::timestamptz`},
      ${session.registerWithinMs === undefined ? sql`null::timestamptz` : after(session.registerWithinMs)},
      ${provider?.issuer ?? null}::text, ${provider?.issuerSubject ?? null}::text, ${provider?.sid ?? null}::text
    from (select clock_timestamp() as now) n
    returning ${SESSION_COLUMNS}`;
}

/** Everything that the authoritative check compares, read in one query. */
export function authorityStatement(
  schema: AuthSchema,
  users: NamedUsers | undefined,
  token: RevocableToken,
): SQL {
  return sql`select coalesce(u.token_version, 1) as token_version, coalesce(u.session_epoch, 1) as session_epoch, ${userColumns(users)},
      ${sql.raw(WAL_FILE)}, coalesce(${UNEXPIRED} and u.session_epoch = s.epoch ${actorMayAct(users)}, false) as live,
      exists (select 1 from ${schema.revocations} r where ${refusedCondition(token)}) as revoked
    from (select ${token.subject}::text as subject) q
      left join ${schema.subjects} u on u.subject = q.subject
      left join ${schema.sessions} s on s.id = ${token.sessionId}::uuid and s.subject = q.subject
      ${joinUsers(users, 'left join', sql`q.subject`)}`;
}
