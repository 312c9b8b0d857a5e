import type { AuthEventInput } from './auth-event.js';
import type { LedgerEntry } from './ledger-entry.js';
import type { SubjectState } from './subject.js';

/** Who did something to a user, for events and the audit trail. It has no other effect. */
export interface ActedBy {
  /** Id of the authenticated user who asked for it. Default none: the system did it, or host code without an actor. */
  readonly actorId?: string;
}

/**
 * What a store wrote in its transaction, so that the caller can announce it after the commit. A store with an audit
 * trail has already written a row for each event, so the caller must not record them again.
 */
export interface StoreChange {
  readonly entries: readonly LedgerEntry[];
  readonly events: readonly AuthEventInput[];
}

/** A change of a user's second factors, or of their identities at providers. */
export interface CredentialChange<Act> extends ActedBy {
  readonly subject: string;
  /** The counters, as read with what allowed the change. */
  readonly expected: SubjectState;
  /**
   * The session that asked: it must be live, and its tokens and its proof live on. None: the host asked, and no session
   * is spared.
   */
  readonly sessionId?: string;
  readonly act: Act;
}

export type CredentialChangeOutcome =
  | ({ readonly kind: 'changed' } & StoreChange)
  /**
   * The subject's counters moved since they were read, or the session that asked has ended: whatever allowed the change
   * may be gone.
   */
  | { readonly kind: 'superseded' }
  /** Nothing of the subject that it could change, or something that somebody has already. */
  | { readonly kind: 'unfit' };
