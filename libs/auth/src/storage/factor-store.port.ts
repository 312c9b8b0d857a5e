import type { CredentialChange, CredentialChangeOutcome } from './store-change.js';
import type { Factor, NewPasskey, NewTotp, PasskeyFactor } from './factor.js';
import type { HostTransaction } from './sql-transaction.port.js';
import type { SubjectState } from './subject.js';

export interface Factors {
  /** All factors, including those that are not confirmed yet. */
  readonly all: readonly Factor[];
  readonly recoveryCodesLeft: number;
  /** The subject's counters, read no later than the factors. */
  readonly state: SubjectState;
}

export type FactorAct =
  /**
   * Confirmed by its first code, so `step` is spent. `codes`: hashes of the recovery codes that come with a first
   * factor.
   */
  | {
      readonly kind: 'totp_added';
      readonly id: string;
      readonly step: number;
      readonly codes?: readonly Buffer[];
    }
  | { readonly kind: 'passkey_added'; readonly passkey: NewPasskey }
  /** With the last factor the recovery codes are removed as well. */
  | { readonly kind: 'removed'; readonly id: string }
  /** The former codes stop working. */
  | { readonly kind: 'recovery_codes_renewed'; readonly codes: readonly Buffer[] };

export type FactorChange = CredentialChange<FactorAct>;
export type FactorChangeOutcome = CredentialChangeOutcome;

/**
 * Second factors of users. Every method is atomic on any number of processes and durable when it resolves. A store that
 * cannot answer throws `AuthError('unavailable')` within its deadline.
 */
export abstract class FactorStore {
  abstract of(subject: string): Promise<Factors>;
  abstract findPasskey(credentialId: string): Promise<PasskeyFactor | undefined>;
  /** Stores an unconfirmed factor, and forgets an earlier unconfirmed one of the subject. */
  abstract propose(totp: NewTotp): Promise<void>;
  /**
   * Makes the change and does what `SessionStore.unproveOthers` describes, in one transaction. A store with an audit
   * trail also writes the audit record.
   */
  abstract change(change: FactorChange): Promise<FactorChangeOutcome>;
  /**
   * One statement. A step that is not later than the last used one is refused. Of N uses of one step exactly one
   * returns true. With `tx`, in that transaction: a sign-in that fails spends nothing.
   */
  abstract useStep(id: string, step: number, tx?: HostTransaction): Promise<boolean>;
  /** One statement. Returns false if the counter is not above the last one, unless both are 0. */
  abstract usePasskey(
    id: string,
    use: { readonly counter: number; readonly backedUp: boolean },
  ): Promise<boolean>;
  /** Whether it is an unused code of the subject. It is not spent. */
  abstract hasRecoveryCode(subject: string, hash: Buffer): Promise<boolean>;
  /** One statement. Of N uses of one code exactly one returns true. With `tx`, as `useStep`. */
  abstract useRecoveryCode(subject: string, hash: Buffer, tx?: HostTransaction): Promise<boolean>;
  /** Stores the secret sealed with another key. Does nothing if it changed meanwhile. */
  abstract reseal(id: string, from: Buffer, to: Buffer): Promise<void>;
}
