import type { AccountMailKind, LinkKind } from '../../options/account-mail.js';

/** Passwords, emails, mailed links and API keys. */
export type AccountEvent =
  | {
      /** By its owner, or by a reset of the host’s. */
      readonly type: 'password.changed';
      readonly userId: string;
      readonly actorId?: string;
      readonly sessionId?: string;
    }
  | {
      /** The stored hash of a user cannot be compared: nothing reads its form, or it would cost too much. */
      readonly type: 'password.hash_unusable';
      readonly userId: string;
      readonly reason: 'unrecognised' | 'too_costly';
      readonly ip?: string;
    }
  | {
      /** Somebody asked for a mailed link; with the user of an account that exists. */
      readonly type: 'link.requested';
      readonly kind: LinkKind;
      readonly userId?: string;
      readonly actorId?: string;
      readonly ip?: string;
    }
  | {
      /** A mailed link did what it was mailed for. */
      readonly type: 'link.used';
      readonly kind: LinkKind;
      readonly userId: string;
      readonly ip?: string;
    }
  | {
      /** A link that is spent, too old, of another kind, or none. */
      readonly type: 'link.refused';
      readonly kind: LinkKind;
      readonly userId?: string;
      readonly ip?: string;
    }
  | {
      /** Its owner has shown that the email is theirs. */
      readonly type: 'email.verified';
      readonly userId: string;
      readonly ip?: string;
    }
  | {
      /** By a link that was mailed to the new address. */
      readonly type: 'email.changed';
      readonly userId: string;
      readonly ip?: string;
    }
  | {
      /** The host's `accounts.mail` failed. */
      readonly type: 'mail.failed';
      readonly kind: AccountMailKind;
      readonly userId: string;
    }
  | {
      /** A limit of mails was reached: none went out. */
      readonly type: 'mail.throttled';
      readonly kind: LinkKind;
      readonly userId?: string;
      readonly ip?: string;
    }
  | {
      /** An API key was made. `keyId` is its id, which is not a secret. */
      readonly type: 'api_key.created';
      readonly userId: string;
      readonly actorId?: string;
      readonly keyId: string;
    }
  | {
      /** An API key was deleted. */
      readonly type: 'api_key.deleted';
      readonly userId: string;
      readonly actorId?: string;
      readonly keyId: string;
    };
