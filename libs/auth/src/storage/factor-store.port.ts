import type { CredentialChange, CredentialChangeOutcome } from './credential-change.js';
import type { Factor, NewPasskey, NewTotp, PasskeyFactor } from './factor.js';
import type { SubjectState } from './subject.js';

export interface Factors {
  /** Those that are not confirmed yet, too. */
  readonly all: readonly Factor[];
  readonly recoveryCodesLeft: number;
  /** The subject's counters, read no later than the factors. */
  readonly state: SubjectState;
}

export type FactorAct =
  /** Its first code: `step` is spent. `codes`: hashes of the recovery codes that come with a first factor. */
  | {
      readonly kind: 'totp_added';
      readonly id: string;
      readonly step: number;
      readonly codes?: readonly Buffer[];
    }
  | { readonly kind: 'passkey_added'; readonly passkey: NewPasskey }
  /** With the last factor the recovery codes go, too. */
  | { readonly kind: 'removed'; readonly id: string }
  /** The former codes are dead. */
  | { readonly kind: 'recovery_codes_renewed'; readonly codes: readonly Buffer[] };

export type FactorChange = CredentialChange<FactorAct>;
export type FactorChangeOutcome = CredentialChangeOutcome;

/**
 * Second factors of users. Every method is atomic on any number of processes and durable when it resolves. A store that cannot answer throws
 * `AuthError('unavailable')` within its deadline.
 */
export abstract class FactorStore {
  abstract of(subject: string): Promise<Factors>;
  abstract findPasskey(credentialId: string): Promise<PasskeyFactor | undefined>;
  /** Kept unconfirmed; an earlier one of the subject that was never confirmed is forgotten. */
  abstract propose(totp: NewTotp): Promise<void>;
  /** In one transaction: the act, and what `SessionStore.unproveOthers` says. A store that keeps an audit trail writes the act. */
  abstract change(change: FactorChange): Promise<FactorChangeOutcome>;
  /** One statement: a step that is not later than the last used one is refused; of N uses of one step exactly one is true. */
  abstract useStep(id: string, step: number): Promise<boolean>;
  /** One statement: false when the counter is not past the last one, and either of them counts. */
  abstract usePasskey(
    id: string,
    use: { readonly counter: number; readonly backedUp: boolean },
  ): Promise<boolean>;
  /** One statement: of N uses of one code exactly one is true. */
  abstract useRecoveryCode(subject: string, hash: Buffer): Promise<boolean>;
  /** A secret sealed with another key of the ring; nothing where it changed meanwhile. */
  abstract reseal(id: string, from: Buffer, to: Buffer): Promise<void>;
}
