import type { EndReason } from '../common/end-reason.js';
import type { Transport } from '../contract/index.js';

export type EventSeverity = 'info' | 'warning' | 'high';

interface Base {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly severity: EventSeverity;
}

/** Everything that happens, as data. No token, hash, password or key is in any of them. */
export type AuthEvent = Base &
  (
    | { readonly type: 'user.registered'; readonly userId: string; readonly ip?: string }
    | {
        readonly type: 'login.succeeded';
        readonly userId: string;
        readonly sessionId: string;
        readonly transport: Transport;
        readonly ip?: string;
        readonly userAgent?: string;
        readonly knownDevice: boolean;
      }
    | {
        readonly type: 'login.failed';
        /** Private: the answer is the same for all. */
        readonly reason:
          'unknown_user' | 'wrong_password' | 'no_password' | 'disabled' | 'superseded' | 'second_factor';
        readonly userId?: string;
        readonly ip?: string;
      }
    | { readonly type: 'login.throttled'; readonly ip?: string; readonly userId?: string }
    | {
        readonly type: 'refresh.rotated';
        readonly userId: string;
        readonly sessionId: string;
        readonly ip?: string;
        readonly userAgent?: string;
      }
    | {
        readonly type: 'refresh.replayed';
        readonly userId: string;
        readonly sessionId: string;
        readonly ip?: string;
      }
    | {
        readonly type: 'refresh.reused';
        readonly userId: string;
        readonly sessionId: string;
        readonly sessionsEnded: number;
        readonly ip?: string;
        readonly userAgent?: string;
      }
    | {
        readonly type: 'refresh.refused';
        readonly reason: string;
        readonly userId?: string;
        readonly sessionId?: string;
        readonly ip?: string;
      }
    | {
        /** An access token that a guard did not accept. */
        readonly type: 'token.refused';
        /** Private: the answer is the same for all. */
        readonly reason: string;
        /** Of a token that is genuine. */
        readonly userId?: string;
        readonly sessionId?: string;
      }
    | {
        readonly type: 'session.ended';
        readonly userId?: string;
        readonly sessionId: string;
        readonly reason: EndReason;
      }
    | {
        readonly type: 'sessions.ended';
        readonly userId: string;
        readonly count: number;
        readonly reason: EndReason;
      }
    | { readonly type: 'password.changed'; readonly userId: string; readonly sessionId?: string }
    | {
        readonly type: 'password.refused';
        readonly userId: string;
        readonly sessionId: string;
        readonly ip?: string;
      }
    | { readonly type: 'reauthenticated'; readonly userId: string; readonly sessionId: string }
    | { readonly type: 'token_version.bumped'; readonly userId: string }
    | { readonly type: 'token.revoked'; readonly tokenId: string }
    | { readonly type: 'key.revoked'; readonly keyId: string }
    | {
        readonly type: 'key.changed';
        readonly keyId: string;
        readonly phase: 'next' | 'active' | 'retired' | 'verifying' | 'revoked' | 'gone';
      }
    | { readonly type: 'everything.revoked' }
  );

type OmitBase<E> = E extends unknown ? Omit<E, 'at' | 'severity'> : never;
/** An event before the publisher stamps it. */
export type AuthEventInput = OmitBase<AuthEvent>;
