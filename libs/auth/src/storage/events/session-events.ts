import type { EndReason } from '../end-reason.js';

/** What sessions and their tokens go through. */
export type SessionEvent =
  | {
      /** A refresh token was used and replaced. */
      readonly type: 'refresh.rotated';
      readonly userId: string;
      readonly actorId?: string;
      readonly sessionId: string;
      readonly ip?: string;
      readonly userAgent?: string;
    }
  | {
      /** A repeated use within the leeway, or with its key: the same successor again. */
      readonly type: 'refresh.replayed';
      readonly userId: string;
      readonly actorId?: string;
      readonly sessionId: string;
      readonly ip?: string;
    }
  | {
      /** A spent refresh token was used again, and sessions ended. */
      readonly type: 'refresh.reused';
      readonly userId: string;
      readonly actorId?: string;
      readonly sessionId: string;
      readonly sessionsEnded: number;
      readonly ip?: string;
      readonly userAgent?: string;
    }
  | {
      /**
       * `junk`, `dead`, `superseded`, `unproven` (the session is bound, but its key was not proved) or `mismatch`.
       * The last means that a client has a newer token than the database knows: look for a restored backup.
       */
      readonly type: 'refresh.refused';
      readonly reason: string;
      readonly userId?: string;
      readonly actorId?: string;
      readonly sessionId?: string;
      readonly ip?: string;
    }
  | {
      /** A guard refused an access token. With user and session, if the token is genuine. Not in the audit trail. */
      readonly type: 'token.refused';
      readonly reason: string;
      /** Only for a genuine token. */
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
      /** Several sessions ended at once. */
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
      /**
       * A proof by another key than the session's: somebody may have its cookies or tokens, but not its device.
       * Nothing was changed.
       */
      readonly type: 'device.refused';
      readonly userId: string;
      readonly actorId?: string;
      readonly sessionId: string;
      readonly ip?: string;
      readonly userAgent?: string;
    };
