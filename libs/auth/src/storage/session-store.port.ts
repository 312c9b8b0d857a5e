import type { ActedBy, StoreChange } from './store-change.js';
import type { EndReason } from './end-reason.js';
import type { HostTransaction } from './sql-transaction.port.js';
import type { RevocableToken } from './ledger-entry.js';
import type { ClientContext } from '../common/principal.js';
import type { SubjectState, UserFacts } from './subject.js';
import type {
  NewSession,
  RotationCause,
  Session,
  SessionSnapshot,
  SessionState,
} from './session.js';

export type OpenOutcome =
  /** The change contains the sessions that ended because of the limit, and then this one. */
  | ({ readonly kind: 'opened'; readonly session: Session } & StoreChange)
  /** The epoch or version of the subject, or of its actor, has changed since it was read, so the login is refused. */
  | { readonly kind: 'superseded' };

export interface Rotation {
  readonly sessionId: string;
  readonly generation: number;
  readonly presentedHash: Buffer;
  readonly nextHash: Buffer;
  readonly nonce: Buffer;
  /** SHA-256 of the `Idempotency-Key` that came along. */
  readonly keyHash?: Buffer;
  /** The key that a proof proved. A bound session rotates only with its own key. */
  readonly provedKey?: string;
  /** Idle lifetime without and with "remember me", for a session without its own. */
  readonly ttlMs: number;
  readonly rememberMeTtlMs: number;
  readonly ip?: string;
  readonly userAgent?: string;
}

export type RotateOutcome =
  | ({ readonly kind: 'rotated' } & SessionState)
  /** `found`: the result of a fresh read after the miss, if the store made one; otherwise the caller reads. */
  | { readonly kind: 'missed'; readonly found?: SessionSnapshot };

/** The idle lifetime that a use of the session renews, and the client that uses it. */
interface SessionUse extends ClientContext {
  readonly sessionId: string;
  /** Without and with "remember me". */
  readonly ttlMs: number;
  readonly rememberMeTtlMs: number;
}

/** A browser's key for a session that has none. */
export interface DeviceRegistration extends SessionUse {
  /** The hash of the session's current secret. */
  readonly presentedHash: Buffer;
  /** The public JWK as JSON. */
  readonly key: string;
  /** How old the session may be. */
  readonly withinMs: number;
}

/** A challenge that the key of a bound session has signed. */
export interface DeviceUse extends SessionUse {
  readonly key: string;
  readonly challengeId: string;
  /** Challenges with smaller ids (as texts) are too old: they are refused and forgotten. */
  readonly oldestChallengeId: string;
  /** How many challenges one session may use while they are remembered. */
  readonly maxRemembered: number;
}

export type RegisterOutcome =
  /** `missed`: the session has a key already, is too old or has ended, or the secret is not its current one. */
  ({ readonly kind: 'registered' } & SessionState & StoreChange) | { readonly kind: 'missed' };

/** `missed`: the challenge was used before, or the session has ended or is bound to another key. */
export type DeviceUseOutcome =
  ({ readonly kind: 'used' } & SessionState) | { readonly kind: 'missed' };

/** A replacement of the secret without a refresh: a password change or a reauthentication. */
export interface Replacement {
  readonly sessionId: string;
  readonly subject: string;
  readonly expected: SubjectState;
  /** If a refresh token was presented together with the access token, it must be the current one. */
  readonly presented?: { readonly generation: number; readonly hash: Buffer };
  readonly nextHash: Buffer;
  /**
   * With a retry key: the nonce of the successor, and the SHA-256 of the key. A key that the last rotation had
   * replaces nothing.
   */
  readonly retry?: { readonly nonce: Buffer; readonly keyHash: Buffer };
  readonly cause: Exclude<RotationCause, 'refresh'>;
  /**
   * How the person proved it this time (RFC 8176); the session's former methods are forgotten with the former
   * `auth_time`.
   */
  readonly amr: readonly string[];
  /** When: by the clock of the process, as at a sign-in, because processes compare it with theirs. */
  readonly authTime: Date;
  readonly ttlMs: number;
  readonly rememberMeTtlMs: number;
}

/** Work of the host that must commit together with the store's own change, and who asked for it. */
export interface Alongside extends ActedBy {
  /** Joins this transaction of the host instead of opening one. The caller announces the change after its commit. */
  readonly tx?: HostTransaction;
  /** Runs inside the store's transaction, before it commits; first in it, unless the method says otherwise. */
  readonly work?: (tx: HostTransaction) => Promise<void>;
}

export interface EndOneOptions extends ActedBy {
  /** Ends it only when it is this user's. */
  readonly subject?: string;
}

export interface Ended extends StoreChange {
  readonly sessions: number;
}

export type ReplaceOutcome =
  ({ readonly kind: 'replaced' } & SessionState & StoreChange) | { readonly kind: 'superseded' };

export type ReuseOutcome =
  /** `spared`: the session had ended already, and nothing was done. */
  { readonly kind: 'spared' } | ({ readonly kind: 'ended' } & Ended);

/** The facts that the authoritative check reads in one query on the primary. */
export interface Authority {
  readonly sessionLive: boolean;
  readonly subject: SubjectState;
  /** `elsewhere`: users are not in this database; `gone`: no such user. */
  readonly user: UserFacts | 'elsewhere' | 'gone';
  /** The facts of the actor in that session. Undefined if nobody acts, and if the user directory must be asked. */
  readonly acting?: UserFacts;
  /** Whether a ledger entry refuses the token. */
  readonly revoked: boolean;
}

export interface Removal {
  readonly removed: number;
  /** Where to continue; undefined at the end. */
  readonly cursor?: string;
}

/**
 * Sessions, subjects and what ends them. Every method is atomic and durable when it resolves. The ledger rows of
 * everything that it ends are written in the same transaction. A store with an audit trail also writes a row for each
 * event (`toRecord`). Methods return both, so that the caller can announce them. A method that raises a subject's
 * version also ends the sessions in which the subject acts as others (`actor_ended`, one event each), because it may
 * have lost that right. A store that cannot answer throws `AuthError('unavailable')` within its deadline; it never
 * guesses. "Live" is defined at `SessionSnapshot.live`.
 */
export abstract class SessionStore {
  /** Whether `rotate` and `read` return the user as well, or the user directory must be asked. */
  abstract readonly usersAre: 'here' | 'elsewhere';
  /**
   * Opens a session, and creates the subject's row if it is missing. Serialised with every change of the subject's
   * counters. `work` runs last, so that it locks what it changes after the subject, as every other change does. It
   * does not run where the outcome is `superseded`.
   */
  abstract open(session: NewSession, alongside?: Pick<Alongside, 'work'>): Promise<OpenOutcome>;
  /** One statement: of N simultaneous uses exactly one is `rotated`. A lost acknowledgement throws; see `read`. */
  abstract rotate(rotation: Rotation): Promise<RotateOutcome>;
  /** A fresh read on the primary. */
  abstract read(sessionId: string): Promise<SessionSnapshot | undefined>;
  /** Reauthentication: replaces the secret, `amr` and `auth_time`. `work` as for `open`. */
  abstract replace(
    replacement: Replacement,
    alongside?: Pick<Alongside, 'work'>,
  ): Promise<ReplaceOutcome>;
  /**
   * Password change: does what `replace` does, raises epoch and version, and ends every other session, in one
   * transaction.
   */
  abstract replaceAndEndOthers(
    replacement: Replacement,
    alongside: Alongside,
  ): Promise<ReplaceOutcome>;
  /** Binds an unbound cookie session to a browser's key, once. Of N simultaneous calls exactly one is `registered`. */
  abstract registerDevice(registration: DeviceRegistration): Promise<RegisterOutcome>;
  /** One statement: of N simultaneous uses of one challenge exactly one is `used`. The secret does not change. */
  abstract useDevice(use: DeviceUse): Promise<DeviceUseOutcome>;
  /** The live sessions. With `tx` they are read within that transaction of the host. */
  abstract list(subject: string, tx?: HostTransaction): Promise<readonly Session[]>;
  /**
   * Undefined if no live session was ended. The actor of a `logout` is the owner of the session, or the person who
   * acts as the owner. The event has the session id in the store's spelling.
   */
  abstract endOne(
    sessionId: string,
    reason: EndReason,
    options?: EndOneOptions,
  ): Promise<Ended | undefined>;
  /**
   * Ends all sessions but `keep`, the caller's own. It raises the epoch, so a login under way is refused, but not the
   * version.
   */
  abstract endOthers(subject: string, keep: string, reason: EndReason): Promise<Ended>;
  /**
   * Raises epoch and version and ends every session. For some reasons it also removes the one-time tokens, factors
   * and API keys of the user (`end-reason.ts`). For a claim there is an event for each of them (`waysInRemoved`); for
   * a deleted user the deletion is the event.
   */
  abstract endAll(subject: string, reason: EndReason, alongside?: Alongside): Promise<Ended>;
  /** Ends the family if it is live, and with `user` every other session of its user (raising both counters). */
  abstract endReused(
    sessionId: string,
    scope: 'user' | 'family',
    /** The client that presented the spent token, for the audit trail. */
    by?: ClientContext,
  ): Promise<ReuseOutcome>;
  /** For a change of role or permissions: raises only the version. */
  abstract bumpVersion(subject: string, alongside?: Alongside): Promise<Ended>;
  /**
   * For a change of what identifies the user: the email here, a factor or an identity in their stores. Raises the
   * version and revokes the access tokens of every session but `keep`. Those sessions lose their credential proof
   * (`authTime` becomes 1970), but all sessions stay live.
   */
  abstract unproveOthers(subject: string, keep: string, alongside?: Alongside): Promise<Ended>;
  /**
   * After a restore: raises the counters of every subject, ends every session, and refuses every token issued up to
   * now plus `toleranceMs` (default 0).
   */
  abstract endEverything(by?: ActedBy, toleranceMs?: number): Promise<Ended>;
  abstract readSubject(subject: string): Promise<SubjectState>;
  abstract readAuthority(token: RevocableToken): Promise<Authority>;
  /**
   * Checks the next `page` sessions after `cursor` (by id; undefined starts over), and removes those that ended or
   * expired more than `keepMs` ago, and up to `page` expired ledger rows. Safe on many processes at once.
   */
  abstract removeExpired(keepMs: number, page: number, cursor?: string): Promise<Removal>;
}
