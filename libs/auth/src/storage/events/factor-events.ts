/** Second factors, recovery codes and identities of providers. */
export type FactorEvent =
  | {
      /**
       * A second factor was added or removed, the recovery codes were renewed, or an identity of a provider was linked
       * or unlinked.
       */
      readonly type: 'factor.changed';
      readonly userId: string;
      readonly actorId?: string;
      readonly sessionId?: string;
      readonly change:
        | 'totp_added'
        | 'passkey_added'
        | 'removed'
        | 'recovery_codes_renewed'
        | 'identity_linked'
        | 'identity_unlinked';
    }
  | {
      /** A signed-in user gave a wrong code, or a passkey that is not accepted. */
      readonly type: 'factor.refused';
      readonly userId: string;
      readonly actorId?: string;
      readonly sessionId: string;
      readonly ip?: string;
    }
  | {
      /** A recovery code was used instead of a second factor. */
      readonly type: 'recovery_code.used';
      readonly userId: string;
      readonly left: number;
      readonly ip?: string;
    }
  | {
      /** The counter of a passkey went back: it may have been copied. The passkey was refused. */
      readonly type: 'passkey.counter_went_back';
      readonly userId: string;
      readonly factorId: string;
      readonly ip?: string;
    };
