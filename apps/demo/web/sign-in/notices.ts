/** Notices of the sign-in page, by what happened before. */
export const NOTICES = {
  logout: 'You are signed out. Your tokens are refused from now on, wherever they are.',
  everywhere: 'You signed out everywhere. Every session of yours has ended.',
  deleted: 'Your account is deleted, and your notes with it.',
  password_reset: 'Your new password is set. Sign in with it.',
  refused:
    'This browser was signed out: its session was ended from another tab or device, by an administrator, or for safety.',
} as const;

/** Undefined if no user was signed in. */
export type SignedOutBecause = keyof typeof NOTICES | undefined;
