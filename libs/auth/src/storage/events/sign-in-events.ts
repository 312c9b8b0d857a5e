import type { TokenDelivery } from '../../contract/index.js';

/** Somebody signs in, or tries to. */
export type SignInEvent =
  | {
      /** Somebody registered. */
      readonly type: 'user.registered';
      readonly userId: string;
      readonly ip?: string;
    }
  | {
      /** Two users of the directory have the same identifier: neither can sign in until one of them is renamed. */
      readonly type: 'user.ambiguous';
      readonly userId?: string;
      readonly otherId?: string;
    }
  | {
      /** A session opened, by password or by `openSession`. */
      readonly type: 'login.succeeded';
      readonly userId: string;
      readonly actorId?: string;
      readonly sessionId: string;
      readonly transport: TokenDelivery;
      readonly ip?: string;
      readonly userAgent?: string;
      /** "Remember me". */
      readonly persistent: boolean;
      /** How the user proved who they are (RFC 8176). */
      readonly amr: readonly string[];
      readonly knownDevice: boolean;
    }
  | {
      /** A login was refused. The reasons are private; the answer is the same for all. */
      readonly type: 'login.failed';
      readonly reason:
        | 'unknown_user'
        | 'wrong_password'
        | 'no_password'
        | 'hash_unusable'
        | 'disabled'
        | 'superseded'
        | 'email_unverified'
        | 'second_factor'
        | 'passkey'
        | 'identity';
      readonly userId?: string;
      readonly ip?: string;
    }
  | {
      /** A limit was reached. */
      readonly type: 'login.throttled';
      readonly ip?: string;
      readonly userId?: string;
    }
  | {
      /** The first step of a login was right, and a second factor is due. */
      readonly type: 'login.second_factor_due';
      readonly userId: string;
      readonly methods: readonly string[];
      readonly ip?: string;
    }
  | {
      /** A signed-in user proved a credential again. */
      readonly type: 'reauthenticated';
      readonly userId: string;
      readonly actorId?: string;
      readonly sessionId: string;
    }
  | {
      /** A signed-in user gave a wrong password. */
      readonly type: 'password.refused';
      readonly userId: string;
      readonly actorId?: string;
      readonly sessionId: string;
      readonly ip?: string;
    };
