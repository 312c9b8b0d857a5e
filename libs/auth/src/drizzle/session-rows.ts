import { sql, type SQL } from 'drizzle-orm';
import type { Session, SessionBinding, SessionSnapshot, SessionState } from '../storage/session.js';
import type { Authority } from '../storage/session-store.port.js';
import type { SubjectState } from '../storage/subject.js';
import { type Row, ms } from './database.js';
import {
  disabledOf,
  factColumns,
  idFrom,
  toFacts,
  type NamedUsers,
  usersFrom,
} from './user-columns.js';

/** The select list of a session `s` with its subject `u`. */
export const SESSION_COLUMNS: SQL = sql`s.id, s.subject, s.epoch, s.generation, s.transport, s.persistent, to_jsonb(s.amr) as amr,
  host(coalesce(s.last_ip, s.created_ip)) as ip, s.user_agent, s.actor, s.claims, s.access_ttl_seconds, s.bound_kind, s.bound_key,
  ${ms(sql`s.bound_at`)} as bound_at, ${ms(sql`s.register_by`)} as register_by,
  ${ms(sql`s.auth_time`)} as auth_time, ${ms(sql`s.created_at`)} as created_at, ${ms(sql`s.last_used_at`)} as last_used_at,
  ${ms(sql`s.idle_expires_at`)} as idle_expires_at, ${ms(sql`s.absolute_expires_at`)} as absolute_expires_at`;

export const SUBJECT_COLUMNS: SQL = sql`u.token_version, u.session_epoch`;

/** Reads those columns; for a subject without a row both counters are 1. */
export function toCounters(row: Row | undefined): SubjectState {
  if (!row) return { tokenVersion: 1, epoch: 1 };
  return { tokenVersion: Number(row['token_version']), epoch: Number(row['session_epoch']) };
}

/** Not ended and not expired. The epoch is compared where the subject is joined. */
export const UNEXPIRED: SQL = sql`s.ended_at is null and s.idle_expires_at > clock_timestamp() and s.absolute_expires_at > clock_timestamp()
  and (s.register_by is null or s.register_by > clock_timestamp())`;

/** `join … on` of the host's users for a session `s`; empty if the users are elsewhere. */
export function joinUsers(
  users: NamedUsers | undefined,
  kind: 'join' | 'left join',
  subject: SQL,
): SQL {
  if (!users) return sql``;
  return sql`${sql.raw(kind)} ${usersFrom(users)} a on a.${sql.identifier(users.id.name)} = ${idFrom(users, subject)}`;
}

/** The user exists and is not disabled; the same holds for the actor of a session `s`. */
export function userMayUse(users: NamedUsers | undefined): SQL {
  if (!users) return sql``;
  return sql`and a.${sql.identifier(users.id.name)} is not null and not ${disabledOf(users)} ${actorMayAct(users)}`;
}

export function actorMayAct(users: NamedUsers | undefined): SQL {
  if (!users) return sql``;
  // in the inner query, `a` is the actor
  return sql`and (s.actor is null or exists (select 1 from ${usersFrom(users)} a
    where a.${sql.identifier(users.id.name)} = ${idFrom(users, sql`s.actor`)} and not ${disabledOf(users)}))`;
}

/** The columns of the session's user and actor that are read with its row. */
export function userColumns(users: NamedUsers | undefined): SQL {
  return sql`${factColumns(users)}, ${actingColumn(users)}`;
}

function actingColumn(users: NamedUsers | undefined): SQL {
  if (!users) return sql`null as acting`;
  // in the inner query, `a` is the actor
  return sql`case when s.actor is not null then (select row_to_json(f) from (select ${factColumns(users)} from ${usersFrom(users)} a
    where a.${sql.identifier(users.id.name)} = ${idFrom(users, sql`s.actor`)}) f) end as acting`;
}

/** Reads a row with `userColumns`. */
function toActing(row: Row): Pick<SessionState, 'acting'> {
  const acting = row['acting'] as Row | null | undefined;
  return acting ? { acting: toFacts(acting) } : {};
}

const date = (value: unknown): Date => new Date(Number(value));

function toBinding(row: Row): SessionBinding | null {
  if (row['bound_kind'] == null) return null;
  const kind = row['bound_kind'] as SessionBinding['kind'];
  return { kind, key: String(row['bound_key']), at: date(row['bound_at']) };
}

export function toSession(row: Row): Session {
  return {
    id: String(row['id']),
    subject: String(row['subject']),
    epoch: Number(row['epoch']),
    generation: Number(row['generation']),
    transport: row['transport'] as Session['transport'],
    persistent: row['persistent'] === true,
    amr: Array.isArray(row['amr']) ? row['amr'].map(String) : [],
    authTime: date(row['auth_time']),
    createdAt: date(row['created_at']),
    lastUsedAt: date(row['last_used_at']),
    idleExpiresAt: date(row['idle_expires_at']),
    absoluteExpiresAt: date(row['absolute_expires_at']),
    ip: row['ip'] == null ? null : String(row['ip']),
    userAgent: row['user_agent'] == null ? null : String(row['user_agent']),
    actor: row['actor'] == null ? null : { id: String(row['actor']) },
    accessTtlSeconds: row['access_ttl_seconds'] == null ? null : Number(row['access_ttl_seconds']),
    claims: (row['claims'] ?? null) as Session['claims'],
    bound: toBinding(row),
    registerBy: row['register_by'] == null ? null : date(row['register_by']),
  };
}

export function toState(row: Row, users: NamedUsers | undefined): SessionState {
  return {
    session: toSession(row),
    subject: toCounters(row),
    user: users ? toFacts(row) : undefined,
    ...toActing(row),
  };
}

export function toSnapshot(row: Row, users: NamedUsers | undefined): SessionSnapshot {
  const nonce = row['rotation_nonce'];
  return {
    ...toState(row, users),
    tokenHash: row['token_hash'] as Buffer,
    rotationNonce: Buffer.isBuffer(nonce) ? nonce : null,
    rotationCause: (row['rotation_cause'] ?? null) as SessionSnapshot['rotationCause'],
    rotationKey: Buffer.isBuffer(row['rotation_key']) ? row['rotation_key'] : null,
    rotatedAgoMs: row['rotated_ago'] == null ? null : Number(row['rotated_ago']),
    live: row['live'] === true,
  };
}

/** Reads a row of `authorityStatement`; without a row nothing is known of the token's session. */
export function toAuthority(row: Row | undefined, users: NamedUsers | undefined): Authority {
  if (!row)
    return {
      sessionLive: false,
      subject: { tokenVersion: 0, epoch: 0 },
      user: 'gone',
      revoked: false,
    };
  return {
    sessionLive: row['live'] === true,
    subject: toCounters(row),
    user: !users ? 'elsewhere' : row['user_found'] === true ? toFacts(row) : 'gone',
    revoked: row['revoked'] === true,
    ...toActing(row),
  };
}
