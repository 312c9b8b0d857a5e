/** `GET /account` */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly role: string;
  readonly emailVerified: boolean;
}

/** `GET /notes` */
export interface Note {
  readonly id: string;
  readonly text: string;
  readonly createdAt: string;
}

/** `GET /admin/users` */
export interface UserRow extends Omit<Account, 'emailVerified'> {
  readonly disabled: boolean;
}

/** `GET /auth/api-keys` */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  /** Rounded to the hour. */
  readonly lastUsedAt?: string;
}

/** The members of socket events that the page reads. docs/events.md lists all of them by type. */
export interface FeedEvent {
  readonly id: number;
  readonly type: string;
  readonly at: string;
  readonly severity: 'info' | 'warning' | 'high';
  readonly sessionId?: string;
  readonly reason?: string;
  readonly change?: string;
  readonly count?: number;
  readonly sessionsEnded?: number;
  readonly ip?: string;
  readonly userAgent?: string;
}

/** `GET /mailbox`, newest first. */
export interface Mail {
  readonly at: string;
  readonly kind: string;
  readonly to: string;
  readonly token?: string;
}
