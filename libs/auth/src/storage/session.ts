import type { Actor } from '../common/principal.js';
import type { SubjectState, UserFacts } from './subject.js';
import type { TokenDelivery } from '../contract/index.js';

/** Why a session's secret was last replaced. It decides how its predecessor is treated (contract, section 5). */
export type RotationCause = 'refresh' | 'password' | 'reauthenticate';

/** The client's key that a session is bound to (contract, section 10). Without a proof by it there is no new token. */
export interface SessionBinding {
  /** `dbsc`: a browser's key; `dpop`: RFC 9449. */
  readonly kind: 'dbsc' | 'dpop';
  /** For `dpop` the thumbprint (RFC 7638, SHA-256, base64url), for `dbsc` the public JWK as JSON. */
  readonly key: string;
  readonly at: Date;
}

/** The session at a provider that a session here came from. */
export interface ProviderSession {
  readonly issuer: string;
  /** `sub` of the id_token. */
  readonly issuerSubject: string;
  /** `sid` of the id_token. */
  readonly sid?: string;
}

/**
 * Selects the sessions that end with one at the provider: those of that `sid`, or without a `sid` all sessions of
 * that person. At least one of the two is given.
 */
export type ProviderSessionEnd = Partial<ProviderSession> & Pick<ProviderSession, 'issuer'>;

/** A session, which is one row for its whole life. Dates are the database's. */
export interface Session {
  readonly id: string;
  readonly subject: string;
  /** The subject's epoch when the session opened. With another epoch the session has ended. */
  readonly epoch: number;
  readonly generation: number;
  readonly transport: TokenDelivery;
  /** Whether the login asked for "remember me". */
  readonly persistent: boolean;
  readonly authTime: Date;
  readonly amr: readonly string[];
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly idleExpiresAt: Date;
  readonly absoluteExpiresAt: Date;
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** Who acts as the user; null: the user. */
  readonly actor: Actor | null;
  /** The claims that the host gave it when it opened, for each of its tokens; null: none. */
  readonly claims: Readonly<Record<string, unknown>> | null;
  /** Lifetime of its access tokens; null: the one in the options. */
  readonly accessTtlSeconds: number | null;
  readonly bound: SessionBinding | null;
  /** The session ends then unless it is bound before; null: it needs no key. */
  readonly registerBy: Date | null;
}

/** Everything that a new access token needs, read in one round trip, with `subject` no later than `user`. */
export interface SessionState {
  readonly session: Session;
  readonly subject: SubjectState;
  /** Undefined if the users are elsewhere: the flow then asks the user directory afterwards. */
  readonly user?: UserFacts;
  /**
   * The facts of the actor, read with the user. Undefined if nobody acts, and if the flow asks the user directory
   * instead.
   */
  readonly acting?: UserFacts;
}

/** A fresh read on the primary, by which a missed rotation is classified. */
export interface SessionSnapshot extends SessionState {
  readonly tokenHash: Buffer;
  /** Nonce of the last rotation; null if its successor is random. */
  readonly rotationNonce: Buffer | null;
  readonly rotationCause: RotationCause | null;
  /** SHA-256 of the `Idempotency-Key` of the last rotation, if it had one. */
  readonly rotationKey: Buffer | null;
  /** Milliseconds since the last rotation by the database's clock; null before the first. */
  readonly rotatedAgoMs: number | null;
  /**
   * Not ended, not expired (idle and absolute), of the subject's current epoch, and its user and actor exist and are
   * enabled.
   */
  readonly live: boolean;
}

export interface NewSession {
  readonly id: string;
  readonly subject: string;
  /**
   * The counters, as read together with (or before) the facts that proved the login. Opening fails if they have
   * changed.
   */
  readonly expected: SubjectState;
  readonly tokenHash: Buffer;
  readonly transport: TokenDelivery;
  readonly persistent: boolean;
  readonly idleTtlMs: number;
  readonly absoluteTtlMs: number;
  readonly authTime: Date;
  readonly amr: readonly string[];
  readonly ip?: string;
  readonly userAgent?: string;
  /** The actor, with the counters that were read together with the right to act. Opening fails if they have changed. */
  readonly actor?: Actor & { readonly expected: SubjectState };
  /** JSON, in each token of the session. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The key that the login proved. Default: not bound. */
  readonly bound?: Omit<SessionBinding, 'at'>;
  /**
   * The session ends after so many milliseconds unless it is bound before, and it does not rotate until then.
   * Default: it needs no key.
   */
  readonly registerWithinMs?: number;
  /** The provider session that it came from. Default: none, the credential was proved here. */
  readonly provider?: ProviderSession;
  /**
   * Limits of this session, kept for its rotations: they replace `Rotation.ttlMs` and `rememberMeTtlMs`, and apply to
   * its access tokens. Default: none.
   */
  readonly limits?: { readonly idleTtlMs?: number; readonly accessTtlSeconds?: number };
  /**
   * The most sessions of this kind, this one included. The user's own sessions and those of actors are counted
   * separately and do not end each other.
   */
  readonly maxPerUser: number;
  /** Whether the device signed in to the account before; for the audit trail. */
  readonly knownDevice?: boolean;
  /** The tenant of the user, for the audit trail. */
  readonly tenant?: string;
}
