import type { EndReason } from '../end-reason.js';

/** What sessions and their tokens go through. */
export type SessionEvent =
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
    };
