/** `GET /account` */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly role: string;
}

/** `GET /auth/sessions`; times are ISO 8601. */
export interface SessionRow {
  readonly id: string;
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly persistent: boolean;
  readonly current: boolean;
}

/** `GET /notes` */
export interface Note {
  readonly id: string;
  readonly text: string;
  readonly createdAt: string;
}

/** `GET /admin/users` */
export interface UserRow extends Account {
  readonly disabled: boolean;
}

/** What the socket tells of: the members that the page reads. docs/events.md lists them by type. */
export interface FeedEvent {
  readonly id: number;
  readonly type: string;
  readonly at: string;
  readonly severity: 'info' | 'warning' | 'high';
  readonly sessionId?: string;
  readonly reason?: string;
  readonly count?: number;
  readonly sessionsEnded?: number;
  readonly ip?: string;
  readonly userAgent?: string;
}
