import type { ActedBy } from './acted-by.js';
import type { EndReason } from './end-reason.js';
import type { HostTransaction } from './host-transaction.js';
import type { RevocableToken } from './ledger-entry.js';
import type { ClientContext } from '../common/principal.js';
import type { StoreChange } from './store-change.js';
import type { SubjectState, UserFacts } from './subject.js';
import type { NewSession, RotationCause, Session, SessionSnapshot, SessionState } from './session.js';

export type OpenOutcome =
  /** The change tells of sessions that ended because of the limit, then of this one. */
  | ({ readonly kind: 'opened'; readonly session: Session } & StoreChange)
  /** The epoch or version of the subject, or of its actor, moved since it was read: the login dies with whatever moved it. */
  | { readonly kind: 'superseded' };

export interface Rotation {
  readonly sessionId: string;
  readonly generation: number;
  readonly presentedHash: Buffer;
  readonly nextHash: Buffer;
  readonly nonce: Buffer;
  /** SHA-256 of the `Idempotency-Key` that came along. */
  readonly keyHash?: Buffer;
  /** The key that came with a proof; of a bound session only its own rotates. */
  readonly provedKey?: string;
  /** Idle lifetime without and with "remember me", of a session that has none of its own. */
  readonly ttlMs: number;
  readonly rememberMeTtlMs: number;
  readonly ip?: string;
  readonly userAgent?: string;
}

export type RotateOutcome =
  | ({ readonly kind: 'rotated' } & SessionState)
  /** `found`: what a fresh read saw after the miss, where the store had made one; else the caller reads. */
  | { readonly kind: 'missed'; readonly found?: SessionSnapshot };

/** The idle lifetime that a use of the session gives it anew, and who uses it. */
interface SessionUse extends ClientContext {
  readonly sessionId: string;
  /** Without and with "remember me". */
  readonly ttlMs: number;
  readonly rememberMeTtlMs: number;
}

/** A browser's key for a session that has none. */
export interface DeviceRegistration extends SessionUse {
  /** Of the session's current secret. */
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
  /** Challenges whose ids are smaller texts are refused by their age, and forgotten. */
  readonly oldestChallengeId: string;
  /** How many challenges one session may use while they are remembered. */
  readonly maxRemembered: number;
}

export type RegisterOutcome =
  /** The session has a key, or is too old, or the secret is not its current one, or it is dead. */
  ({ readonly kind: 'registered' } & SessionState & StoreChange) | { readonly kind: 'missed' };

/** `missed`: the challenge was used before, or the session is dead or bound to another key. */
export type DeviceUseOutcome = ({ readonly kind: 'used' } & SessionState) | { readonly kind: 'missed' };

/** A replacement of the secret that no refresh asked for. */
export interface Replacement {
  readonly sessionId: string;
  readonly subject: string;
  readonly expected: SubjectState;
  /** When a refresh token was presented beside the access token, it must be the current one. */
  readonly presented?: { readonly generation: number; readonly hash: Buffer };
  readonly nextHash: Buffer;
  /** With a retry key: what the successor was derived with, and the key's SHA-256. A key that the last rotation had replaces nothing. */
  readonly retry?: { readonly nonce: Buffer; readonly keyHash: Buffer };
  readonly cause: Exclude<RotationCause, 'refresh'>;
  /** How the person proved it this time (RFC 8176); the session's former methods are forgotten with the former `auth_time`. */
  readonly amr: readonly string[];
  readonly ttlMs: number;
  readonly rememberMeTtlMs: number;
}

/** Work of the host that must stand or fall with the store's own change, and who asked for it. */
export interface Alongside extends ActedBy {
  /** Join this transaction of the host's instead of opening one. The caller announces the change after its commit. */
  readonly tx?: HostTransaction;
  /** Runs inside the store's transaction, before it commits. */
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
  /** The session was dead already: nothing was done. */
  { readonly kind: 'spared' } | ({ readonly kind: 'ended' } & Ended);

/** What the authoritative check sees in one query on the primary. */
export interface Authority {
  readonly sessionLive: boolean;
  readonly subject: SubjectState;
  /** `elsewhere`: users are not in this database; `gone`: no such user. */
  readonly user: UserFacts | 'elsewhere' | 'gone';
  /** Of who acts as the user in that session. Undefined where nobody does, and where the user directory has to be asked. */
  readonly acting?: UserFacts;
  /** Some ledger entry refuses the token. */
  readonly revoked: boolean;
}

export interface Removal {
  readonly removed: number;
  /** Where to go on; undefined at the end of the walk. */
  readonly cursor?: string;
}

/**
 * Sessions, subjects and what ends them. Every method is atomic and durable when it resolves. The ledger rows of what it ended are written in
 * the same transaction, and where a store keeps an audit trail, a row of each event too (`toRecord`): it returns both, so that the caller can
 * announce them. What bumps a subject's version ends the sessions too in which it acts as others (`actor_ended`, one event each): it may have lost the
 * right to. A store that cannot answer throws `AuthError('unavailable')` within its deadline; it never guesses. "Live" is defined at `SessionSnapshot.live`.
 */
export abstract class SessionStore {
  /** Whether `rotate` and `read` bring the user along, or the user directory has to be asked. */
  abstract readonly usersAre: 'here' | 'elsewhere';
  /** Creates the subject's row when missing. Serialised with everything that bumps the subject. */
  abstract open(session: NewSession): Promise<OpenOutcome>;
  /** One statement: of N simultaneous uses exactly one is `rotated`. A lost acknowledgement throws; see `read`. */
  abstract rotate(rotation: Rotation): Promise<RotateOutcome>;
  /** A fresh read on the primary. */
  abstract read(sessionId: string): Promise<SessionSnapshot | undefined>;
  /** Reauthentication: replaces the secret and `amr`, and sets `auth_time` to the database's now. */
  abstract replace(replacement: Replacement): Promise<ReplaceOutcome>;
  /** Password change: `replace`, and in the same transaction epoch and version are bumped and every other session ends. */
  abstract replaceAndEndOthers(replacement: Replacement, alongside: Alongside): Promise<ReplaceOutcome>;
  /** Binds an unbound session of cookies to a browser's key, once for all; of simultaneous ones exactly one is `registered`. */
  abstract registerDevice(registration: DeviceRegistration): Promise<RegisterOutcome>;
  /** One statement: of N simultaneous uses of one challenge exactly one is `used`. The secret stays what it is. */
  abstract useDevice(use: DeviceUse): Promise<DeviceUseOutcome>;
  /** Live ones. With `tx` they are read within that transaction of the host's. */
  abstract list(subject: string, tx?: HostTransaction): Promise<readonly Session[]>;
  /** Undefined when no live session was ended. A `logout` is the act of its owner, or of who acts as the owner: whoever holds a token of it. The event names the session as the store has it. */
  abstract endOne(sessionId: string, reason: EndReason, options?: EndOneOptions): Promise<Ended | undefined>;
  /** All but `keep`, the caller's own; the epoch is bumped (a login under way dies), the version is not. */
  abstract endOthers(subject: string, keep: string, reason: EndReason): Promise<Ended>;
  /**
   * Bumps epoch and version and ends every session; with some reasons the one-time tokens, factors and API keys of the user go too (`end-reason.ts`). A
   * claim tells of each of those (`waysInRemoved`); of a user who is deleted the deletion says it.
   */
  abstract endAll(subject: string, reason: EndReason, alongside?: Alongside): Promise<Ended>;
  /** Ends the family if it is live, and with `user` every other session of its user (bumping both counters). */
  abstract endReused(
    sessionId: string,
    scope: 'user' | 'family',
    /** Who presented the spent token, for the audit trail. */
    by?: ClientContext,
  ): Promise<ReuseOutcome>;
  /** Role or permission change: bumps the version alone. */
  abstract bumpVersion(subject: string, alongside?: Alongside): Promise<Ended>;
  /**
   * What identifies the user changed: the email here, a factor or an identity in their stores. The version is bumped, the access tokens of every
   * session but `keep` die, and those sessions have no proof of a credential any more (`authTime` is the epoch). All of them go on.
   */
  abstract unproveOthers(subject: string, keep: string, alongside?: Alongside): Promise<Ended>;
  /** After a restore: bumps every subject, ends every session, refuses every token issued up to now and `toleranceMs` (0). */
  abstract endEverything(by?: ActedBy, toleranceMs?: number): Promise<Ended>;
  abstract readSubject(subject: string): Promise<SubjectState>;
  abstract readAuthority(token: RevocableToken): Promise<Authority>;
  /**
   * Looks at the next `page` sessions after `cursor` (by id; undefined starts over) and removes those that ended or expired more than `keepMs` ago,
   * and up to `page` spent ledger rows. Safe on many processes at once.
   */
  abstract removeExpired(keepMs: number, page: number, cursor?: string): Promise<Removal>;
}
