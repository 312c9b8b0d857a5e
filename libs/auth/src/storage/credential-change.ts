import type { ActedBy } from './acted-by.js';
import type { StoreChange } from './store-change.js';
import type { SubjectState } from './subject.js';

/** A change of a user's second factors, or of their identities at providers. */
export interface CredentialChange<Act> extends ActedBy {
  readonly subject: string;
  /** As read with what allowed it. */
  readonly expected: SubjectState;
  /** The session that asked: it must be live, and its tokens and its proof live on. None: the host asked, and no session is spared. */
  readonly sessionId?: string;
  readonly act: Act;
}

export type CredentialChangeOutcome =
  | ({ readonly kind: 'changed' } & StoreChange)
  /** The subject's counters moved since they were read, or the session that asked has ended: whatever allowed the change may be gone. */
  | { readonly kind: 'superseded' }
  /** Nothing of the subject that it could change, or something that somebody has already. */
  | { readonly kind: 'unfit' };
