/** What was revoked beside sessions, and the keys that sign. */
export type RevocationEvent =
  | {
      /** Role or permissions changed. */
      readonly type: 'token_version.bumped';
      readonly userId: string;
      readonly actorId?: string;
    }
  | {
      /** One access token was revoked. */
      readonly type: 'token.revoked';
      readonly tokenId: string;
      readonly actorId?: string;
    }
  | {
      /** All tokens of one `sub` of another issuer were revoked, up to now. */
      readonly type: 'foreign_subject.revoked';
      /** The name in the ledger. */
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
      /** A key entered its next phase. */
      readonly type: 'key.changed';
      readonly keyId: string;
      readonly phase: 'next' | 'active' | 'retired' | 'verifying' | 'revoked' | 'gone';
    }
  | {
      /** `afterRestore()` was called. */
      readonly type: 'everything.revoked';
      readonly sessionsEnded: number;
      readonly actorId?: string;
    };
