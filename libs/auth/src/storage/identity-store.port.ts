import type { CredentialChange, CredentialChangeOutcome } from './credential-change.js';
import type { HostTransaction } from './host-transaction.js';
import type { ProviderSessionEnd } from './provider-session.js';
import type { Ended } from './session-store.port.js';
import type { StoreChange } from './store-change.js';

/** Somebody at a provider: `iss` and `sub` of OpenID Connect Core 1.0, section 2. */
export interface IdentityKey {
  readonly issuer: string;
  readonly issuerSubject: string;
}

export interface NewIdentity extends IdentityKey {
  /** As the provider gave it. */
  readonly email?: string;
  /** Whether the email of the account was verified at that moment: an identity that came before outlives no reset. */
  readonly proven: boolean;
}

export interface Identity extends NewIdentity {
  /** The user here. */
  readonly subject: string;
  readonly linkedAt: Date;
}

export type IdentityAct =
  | { readonly kind: 'identity_linked'; readonly identity: NewIdentity }
  /** All that the subject has at that issuer. */
  | { readonly kind: 'identity_unlinked'; readonly issuer: string };

export type IdentityChange = CredentialChange<IdentityAct>;
export type IdentityChangeOutcome = CredentialChangeOutcome;

/**
 * Whose account an identity of a provider opens. Every method is atomic on any number of processes and durable when it resolves. A store that cannot
 * answer throws `AuthError('unavailable')` within its deadline. The session store of the same database forgets the identities of a user who is deleted.
 */
export abstract class IdentityStore {
  abstract find(key: IdentityKey): Promise<Identity | undefined>;
  /** What a user has linked, the oldest first. */
  abstract of(subject: string): Promise<readonly Identity[]>;
  /**
   * In one transaction: the act, and what `SessionStore.unproveOthers` says. Of N links of one identity exactly one is `changed`. A store that keeps
   * an audit trail writes the act.
   */
  abstract change(change: IdentityChange): Promise<IdentityChangeOutcome>;
  /**
   * Ends the sessions here that came from a session at a provider which is over (`provider_logout`, one event each), linked still or not. A person who is
   * named beside a `sid` also loses the sessions of which no `sid` is known.
   */
  abstract endSessions(at: ProviderSessionEnd): Promise<Ended>;
  /**
   * Forgets what was linked before the email of the account was verified, with one event each (`identitiesForgotten`). With `tx` the caller announces
   * the change after its commit.
   */
  abstract removeUnproven(subject: string, tx?: HostTransaction): Promise<StoreChange>;
}
