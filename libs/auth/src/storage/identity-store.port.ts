import type { CredentialChange, CredentialChangeOutcome, StoreChange } from './store-change.js';
import type { HostTransaction } from './sql-transaction.port.js';
import type { ProviderSessionEnd } from './session.js';
import type { Ended } from './session-store.port.js';

/** A person at a provider: `iss` and `sub` of OpenID Connect Core 1.0, section 2. */
export interface IdentityKey {
  readonly issuer: string;
  readonly issuerSubject: string;
}

export interface NewIdentity extends IdentityKey {
  /** The email that the provider reported. */
  readonly email?: string;
  /**
   * Whether the email of the account was verified at that moment. An identity that was linked before is removed at a
   * reset.
   */
  readonly proven: boolean;
}

export interface Identity extends NewIdentity {
  /** The user here. */
  readonly subject: string;
  readonly linkedAt: Date;
}

export type IdentityAct =
  | { readonly kind: 'identity_linked'; readonly identity: NewIdentity }
  /** All identities of the subject at that issuer. */
  | { readonly kind: 'identity_unlinked'; readonly issuer: string };

export type IdentityChange = CredentialChange<IdentityAct>;
export type IdentityChangeOutcome = CredentialChangeOutcome;

/**
 * Which account an identity at a provider opens. Every method is atomic on any number of processes and durable when
 * it resolves. A store that cannot answer throws `AuthError('unavailable')` within its deadline. The session store of
 * the same database forgets the identities of a user who is deleted.
 */
export abstract class IdentityStore {
  abstract find(key: IdentityKey): Promise<Identity | undefined>;
  /** The linked identities of a user, the oldest first. */
  abstract of(subject: string): Promise<readonly Identity[]>;
  /**
   * Makes the change and does what `SessionStore.unproveOthers` describes, in one transaction. Of N links of one
   * identity exactly one is `changed`. A store with an audit trail also writes the audit record.
   */
  abstract change(change: IdentityChange): Promise<IdentityChangeOutcome>;
  /**
   * Ends the sessions that came from a session at a provider which has ended (`provider_logout`, one event each),
   * whether the identity is still linked or not. If a person is named together with a `sid`, sessions without a known
   * `sid` of that person end as well. So do all sessions in which the person whose session ended acts as others
   * (`actor_ended`).
   */
  abstract endSessions(at: ProviderSessionEnd): Promise<Ended>;
  /**
   * Removes the identities that were linked before the email of the account was verified, with one event each
   * (`identitiesForgotten`). With `tx` the caller announces the change after its commit.
   */
  abstract removeUnproven(subject: string, tx?: HostTransaction): Promise<StoreChange>;
}
