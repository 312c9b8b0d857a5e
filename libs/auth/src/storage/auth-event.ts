import type { AccountMailKind, LinkKind } from '../options/account-mail.js';
import type { EndReason } from './end-reason.js';
import type { TokenDelivery } from '../contract/index.js';

export type EventSeverity = 'info' | 'warning' | 'high';

interface Base {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly severity: EventSeverity;
  /** Whose users it is about, where the host keeps tenants and the request named one. */
  readonly tenant?: string;
}

/** Everything that happens, as data. No token, hash, password or key is in any of them. */
export type AuthEvent = Base &
  (
    | {
        /** Somebody registered. */
        readonly type: 'user.registered';
        readonly userId: string;
        readonly ip?: string;
      }
    | {
        /** Two users of the directory have the identifier of a login: nobody is signed in until one of them is renamed. */
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
        /** Private reasons; the answer is the same for all. */
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
        /** A refresh token was used, and replaced. */
        readonly type: 'refresh.rotated';
        readonly userId: string;
        readonly actorId?: string;
        readonly sessionId: string;
        readonly ip?: string;
        readonly userAgent?: string;
      }
    | {
        /** A repeat within the leeway: the same successor again. */
        readonly type: 'refresh.replayed';
        readonly userId: string;
        readonly actorId?: string;
        readonly sessionId: string;
        readonly ip?: string;
      }
    | {
        /** A spent token came back; sessions ended. */
        readonly type: 'refresh.reused';
        readonly userId: string;
        readonly actorId?: string;
        readonly sessionId: string;
        readonly sessionsEnded: number;
        readonly ip?: string;
        readonly userAgent?: string;
      }
    | {
        /** `junk`, `dead`, `superseded`, `unproven` (the session is bound, its key was not proved) or `mismatch`. The last means that a client holds a newer token than the database knows: look for a restored backup. */
        readonly type: 'refresh.refused';
        readonly reason: string;
        readonly userId?: string;
        readonly actorId?: string;
        readonly sessionId?: string;
        readonly ip?: string;
      }
    | {
        /** An access token that a guard did not accept; with the user and session of one that is genuine. Not in the audit trail. */
        readonly type: 'token.refused';
        readonly reason: string;
        /** Of a token that is genuine. */
        readonly userId?: string;
        readonly sessionId?: string;
      }
    | {
        /** One session ended. */
        readonly type: 'session.ended';
        readonly userId?: string;
        readonly actorId?: string;
        readonly sessionId: string;
        readonly reason: EndReason;
      }
    | {
        /** Several at once. */
        readonly type: 'sessions.ended';
        readonly userId: string;
        readonly actorId?: string;
        readonly count: number;
        readonly reason: EndReason;
      }
    | {
        /** An API key was made. `keyId` is its id, which is no secret. */
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
      }
    | {
        /** By its owner, or by a reset of the host’s. */
        readonly type: 'password.changed';
        readonly userId: string;
        readonly actorId?: string;
        readonly sessionId?: string;
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
        /** The stored hash of a user cannot be compared: nothing reads its form, or it would cost too much. */
        readonly type: 'password.hash_unusable';
        readonly userId: string;
        readonly reason: 'unrecognised' | 'too_costly';
        readonly ip?: string;
      }
    | {
        /** A signed-in user gave a wrong password. */
        readonly type: 'password.refused';
        readonly userId: string;
        readonly actorId?: string;
        readonly sessionId: string;
        readonly ip?: string;
      }
    | {
        /** The password was given once more. */
        readonly type: 'reauthenticated';
        readonly userId: string;
        readonly actorId?: string;
        readonly sessionId: string;
      }
    | {
        /** A login was right so far, and waits for a second factor. */
        readonly type: 'login.second_factor_due';
        readonly userId: string;
        readonly methods: readonly string[];
        readonly ip?: string;
      }
    | {
        /** A session was bound to a key of its client. */
        readonly type: 'device.bound';
        readonly userId: string;
        readonly actorId?: string;
        readonly sessionId: string;
        readonly ip?: string;
        readonly userAgent?: string;
      }
    | {
        /** A proof by another key than the session's: somebody has its cookies or tokens, and not its device. Nothing was changed. */
        readonly type: 'device.refused';
        readonly userId: string;
        readonly actorId?: string;
        readonly sessionId: string;
        readonly ip?: string;
        readonly userAgent?: string;
      }
    | {
        /** A second factor was added or removed, the recovery codes were renewed, or an identity of a provider was linked or unlinked. */
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
        /** A recovery code was used in place of a second factor. */
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
      }
    | {
        /** Role or permissions changed. */
        readonly type: 'token_version.bumped';
        readonly userId: string;
        readonly actorId?: string;
      }
    | {
        /** One access token. */
        readonly type: 'token.revoked';
        readonly tokenId: string;
        readonly actorId?: string;
      }
    | {
        /** Every token of one `sub` of another issuer, up to now. */
        readonly type: 'foreign_subject.revoked';
        /** As the ledger names it. */
        readonly subject: string;
        readonly actorId?: string;
      }
    | {
        /** A signing key was revoked. */
        readonly type: 'key.revoked';
        readonly keyId: string;
        readonly actorId?: string;
      }
    | {
        /** A key took its next step. */
        readonly type: 'key.changed';
        readonly keyId: string;
        readonly phase: 'next' | 'active' | 'retired' | 'verifying' | 'revoked' | 'gone';
      }
    | {
        /** `afterRestore()`. */
        readonly type: 'everything.revoked';
        readonly sessionsEnded: number;
        readonly actorId?: string;
      }
  );

type OmitBase<E> = E extends unknown ? Omit<E, 'at' | 'severity'> : never;
/** An event before the publisher stamps it. */
export type AuthEventInput = OmitBase<AuthEvent>;
