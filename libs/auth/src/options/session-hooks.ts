import type { Duration } from '../common/duration.js';
import { duration, group, seconds, whole } from '../common/option-schema.js';
import type { TokenDelivery } from '../contract/index.js';

/** A session that is about to open: its user, how the user signed in, and from which client. */
export interface OpeningSession {
  readonly userId: string;
  readonly role?: string;
  readonly permissions: readonly string[];
  /** The tenant of the user, where the directory keeps tenants. */
  readonly tenant?: string;
  /** Whether the login asked for "remember me". */
  readonly rememberMe: boolean;
  readonly transport: TokenDelivery;
  /** How the user proved who they are (RFC 8176). */
  readonly amr: readonly string[];
  /** Who acts as the user (`openSession` with `actor`); undefined: the user. */
  readonly actorId?: string;
  readonly ip?: string;
  readonly userAgent?: string;
}

/** Returns claims that stay with the session. Their names follow the rules of the `claims` hook. */
export type SessionClaimsHook = (
  session: OpeningSession,
) => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>;

/**
 * Limits of one session. For a member that is left out, the options apply. A lifetime cannot be longer than the
 * options allow.
 */
export interface SessionLimits {
  /** Sessions that the user may have, this one included; the oldest ends. 1 to 10,000. */
  readonly maxPerUser?: number;
  /** Idle lifetime of the session, at most the longer of `refreshToken.ttl` and `rememberMeTtl`. */
  readonly idleTtl?: Duration;
  /** Absolute lifetime of the session, however often it is used; at most `refreshToken.absoluteTtl`. */
  readonly absoluteTtl?: Duration;
  /** Lifetime of each access token of the session, at most `accessToken.ttl`. */
  readonly accessTtl?: Duration;
}

export type SessionLimitsHook = (session: OpeningSession) => SessionLimits | Promise<SessionLimits>;

export const sessionLimitsSchema = group({
  maxPerUser: whole(1, 10_000).optional(),
  idleTtl: duration('1m', '365d').optional(),
  absoluteTtl: duration('1m', '1825d').optional(),
  accessTtl: seconds('1s', '1h').optional(),
});
