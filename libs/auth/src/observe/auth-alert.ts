interface Base {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** How many there were since the last of the same kind, account or address; without it one. */
  readonly count?: number;
}

interface OfASession {
  readonly userId: string;
  readonly sessionId: string;
  readonly ip?: string;
  readonly userAgent?: string;
}

/** What somebody should look at, or the user be told of. No token, hash, password or key is in any. */
export type AuthAlert = Base &
  /** A spent refresh token came back: a copy exists. */
  (
    | ({ readonly type: 'refresh.reused'; readonly sessionsEnded: number } & OfASession)
    /** A proof by another key than the session's: somebody has its cookies or tokens, and not its device. Nothing was ended. */
    | ({ readonly type: 'device.refused' } & OfASession)
    /** Not the first sign-in of the user, from a browser or app that signed in to the account never before. Needs the audit trail. */
    | ({ readonly type: 'login.new_device' } & OfASession)
    /** Not the first sign-in of the user, from an IPv4 /24 or IPv6 /48 it never came from before. Needs the audit trail. */
    | ({ readonly type: 'login.new_network' } & OfASession)
    /** A session went on from such a network, as far as this process sees it. Needs the audit trail. */
    | ({ readonly type: 'refresh.new_network' } & OfASession)
    /** `observe.burstOf` failures within `observe.burstWithin`, as far as this process sees them; once a window. */
    | {
        readonly type: 'failures.burst';
        readonly failures: number;
        /** The account they were aimed at, when it exists; else where they came from. */
        readonly userId?: string;
        readonly ip?: string;
      }
    /** A signing key was revoked, or everything. */
    | { readonly type: 'key.revoked'; readonly keyId: string }
    | { readonly type: 'everything.revoked' }
  );

/** Where alerts go: implement it, or pass a function as `onAlert`. One that throws is logged and ignored. */
export abstract class AuthAlertListener {
  abstract onAuthAlert(alert: AuthAlert): void | Promise<void>;
}
