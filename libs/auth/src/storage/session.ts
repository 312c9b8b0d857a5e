import type { Actor } from '../common/principal.js';
import type { ProviderSession } from './provider-session.js';
import type { SubjectState, UserFacts } from './subject.js';
import type { TokenDelivery } from '../contract/index.js';

/** Why a session's secret was last replaced; decides what its predecessor still means (contract, section 5). */
export type RotationCause = 'refresh' | 'password' | 'reauthenticate';

/** The key of its client that a session is bound to (contract, section 10): without a proof by it no new token. */
export interface SessionBinding {
  /** `dbsc`: a browser's key; `dpop`: RFC 9449. */
  readonly kind: 'dbsc' | 'dpop';
  /** Of `dpop` the thumbprint (RFC 7638, SHA-256, base64url), of `dbsc` the public JWK as JSON. */
  readonly key: string;
  readonly at: Date;
}

/** One row, however long the session lives. Dates are the database's. */
export interface Session {
  readonly id: string;
  readonly subject: string;
  /** The subject's epoch when it was opened; another one means the session is dead. */
  readonly epoch: number;
  readonly generation: number;
  readonly transport: TokenDelivery;
  /** "Remember me". */
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
  /** What the host gave it when it opened, for each of its tokens; null: nothing. */
  readonly claims: Readonly<Record<string, unknown>> | null;
  /** Lifetime of its access tokens; null: as the options say. */
  readonly accessTtlSeconds: number | null;
  readonly bound: SessionBinding | null;
  /** It ends by then unless it is bound before; null: it needs no key. */
  readonly registerBy: Date | null;
}

/** Everything a new access token needs, read in one round trip with `subject` no later than `user`. */
export interface SessionState {
  readonly session: Session;
  readonly subject: SubjectState;
  /** Undefined when users live elsewhere: the flow then asks the user directory afterwards. */
  readonly user?: UserFacts;
  /** Of who acts as the user, read with the user. Undefined where nobody does, and where the flow asks the user directory instead. */
  readonly acting?: UserFacts;
}

/** What the classification of a missed rotation sees: a fresh read on the primary. */
export interface SessionSnapshot extends SessionState {
  readonly tokenHash: Buffer;
  /** Nonce of the last rotation; null where its successor was drawn at random. */
  readonly rotationNonce: Buffer | null;
  readonly rotationCause: RotationCause | null;
  /** SHA-256 of the `Idempotency-Key` of the last rotation, if it had one. */
  readonly rotationKey: Buffer | null;
  /** Milliseconds since the last rotation by the database's clock; null before the first. */
  readonly rotatedAgoMs: number | null;
  /** Not ended, not expired (idle and absolute), of the subject's present epoch, its user there and not disabled, and so is its actor. */
  readonly live: boolean;
}

export interface NewSession {
  readonly id: string;
  readonly subject: string;
  /** As read together with (or before) what proved the login; another one at opening refuses it. */
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
  /** Who acts as the user, with the counters that were read with the right to; others at opening refuse it. */
  readonly actor?: Actor & { readonly expected: SubjectState };
  /** JSON, in each token of the session. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The key that the login proved. Default: not bound. */
  readonly bound?: Omit<SessionBinding, 'at'>;
  /** Ends after so many milliseconds unless it is bound before, and does not rotate until then. Default: it needs no key. */
  readonly registerWithinMs?: number;
  /** Who vouched for the user. Default: nobody, the credential was proved here. */
  readonly provider?: ProviderSession;
  /** Its own, kept for its rotations: in place of `Rotation.ttlMs` and `rememberMeTtlMs`, and for its access tokens. Default: none. */
  readonly limits?: { readonly idleTtlMs?: number; readonly accessTtlSeconds?: number };
  /** Sessions of the user's own, or of those who act as the user, this one included: neither kind ends the other. */
  readonly maxPerUser: number;
  /** Whether the device signed in to the account before; for the audit trail. */
  readonly knownDevice?: boolean;
  /** Whose user it is; for the audit trail. */
  readonly tenant?: string;
}
