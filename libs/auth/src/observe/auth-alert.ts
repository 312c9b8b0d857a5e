interface Base {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** How many there were since the last alert of the same kind, account or address. Absent: one. */
  readonly count?: number;
}

interface OfASession {
  readonly userId: string;
  readonly sessionId: string;
  readonly ip?: string;
  readonly userAgent?: string;
}

/**
 * An event that an operator should look at, or that the user should be told. No alert contains a token, hash,
 * password or key.
 */
export type AuthAlert = Base &
  /** A spent refresh token was presented again: somebody has a copy. */
  (
    | ({ readonly type: 'refresh.reused'; readonly sessionsEnded: number } & OfASession)
    /**
     * A proof by another key than the session's: somebody has its cookies or tokens, but not its device. Nothing was
     * ended.
     */
    | ({ readonly type: 'device.refused' } & OfASession)
    /**
     * A sign-in from a browser or app that never signed in to the account before; not at the user's first sign-in.
     * Needs the audit trail.
     */
    | ({ readonly type: 'login.new_device' } & OfASession)
    /**
     * A sign-in from an IPv4 /24 or IPv6 /48 from which the user never signed in before; not at the user's first
     * sign-in. Needs the audit trail.
     */
    | ({ readonly type: 'login.new_network' } & OfASession)
    /** A session was refreshed from such a network, as far as this process sees. Needs the audit trail. */
    | ({ readonly type: 'refresh.new_network' } & OfASession)
    /**
     * `observe.burstOf` failures within `observe.burstWithin`, as far as this process sees; at most once in that time.
     */
    | {
        readonly type: 'failures.burst';
        readonly failures: number;
        /** The account, if it exists; otherwise `ip` is the address that the failures came from. */
        readonly userId?: string;
        readonly ip?: string;
      }
    /** A signing key was revoked, or everything. */
    | { readonly type: 'key.revoked'; readonly keyId: string }
    | { readonly type: 'everything.revoked' }
  );

/** Receives alerts: implement it, or pass a function as `onAlert`. An error of it is logged and ignored. */
export abstract class AuthAlertListener {
  abstract onAuthAlert(alert: AuthAlert): void | Promise<void>;
}
