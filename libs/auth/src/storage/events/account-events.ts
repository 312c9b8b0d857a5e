import type { AccountMailKind, LinkKind } from '../../options/account-mail.js';

/** Passwords, emails, mailed links and API keys. */
export type AccountEvent =
  | {
      /** A password was changed, by its owner or by a reset of the host. */
      readonly type: 'password.changed';
      readonly userId: string;
      readonly actorId?: string;
      readonly sessionId?: string;
    }
  | {
      /** The stored hash of a user cannot be verified: nothing recognises its form, or it would cost too much. */
      readonly type: 'password.hash_unusable';
      readonly userId: string;
      readonly reason: 'unrecognised' | 'too_costly';
      readonly ip?: string;
    }
  | {
      /** Somebody asked for a mailed link. With the user, if the account exists. */
      readonly type: 'link.requested';
      readonly kind: LinkKind;
      readonly userId?: string;
      readonly actorId?: string;
      readonly ip?: string;
    }
  | {
      /** A mailed link was used. */
      readonly type: 'link.used';
      readonly kind: LinkKind;
      readonly userId: string;
      readonly ip?: string;
    }
  | {
      /** A link was refused: it is used, expired, of another kind, or unknown. */
      readonly type: 'link.refused';
      readonly kind: LinkKind;
      readonly userId?: string;
      readonly ip?: string;
    }
  | {
      /** The email of a user was verified. */
      readonly type: 'email.verified';
      readonly userId: string;
      readonly ip?: string;
    }
  | {
      /** The email was changed, by a link that was mailed to the new address. */
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
      /** A limit of mails was reached, and no mail was sent. */
      readonly type: 'mail.throttled';
      readonly kind: AccountMailKind;
      readonly userId?: string;
      readonly ip?: string;
    }
  | {
      /** An API key was created. `keyId` is its id, which is not a secret. */
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
