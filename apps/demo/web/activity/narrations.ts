export type Tone = 'plain' | 'good' | 'warning' | 'danger';

/** Title, meaning and tone of the events that have a fixed text. */
export const NARRATIONS: Readonly<Record<string, readonly [string, string, Tone]>> = {
  'user.registered': ['Account created', '', 'good'],
  'login.failed': ['A sign-in was refused', 'Somebody tried your account.', 'warning'],
  'login.throttled': ['Sign-in held back', 'Too many failures.', 'warning'],
  'login.second_factor_due': [
    'Password right, second step due',
    'Nobody is signed in yet.',
    'plain',
  ],
  'refresh.rotated': [
    'Refresh token rotated',
    'It was used once and replaced. If the old one comes back, that counts as theft.',
    'plain',
  ],
  'refresh.replayed': [
    'Refresh answered again',
    'A retry of the same request gets the same answer.',
    'plain',
  ],
  'token.refused': [
    'An access token was refused',
    'It is genuine and has not expired, but it is revoked. The answer was 401.',
    'plain',
  ],
  'device.bound': [
    'Bound to a key of this device',
    'The cookies or tokens of that session cannot be renewed elsewhere.',
    'good',
  ],
  'device.refused': [
    'A copy was refused',
    'Somebody has the cookies or tokens of a session, but not the key of its device.',
    'danger',
  ],
  'password.changed': ['Password changed', 'Every access token issued before is void.', 'good'],
  'password.refused': ['Wrong password given', 'By somebody who is signed in.', 'warning'],
  reauthenticated: [
    'Identity confirmed',
    'New tokens with a fresh proof; the old refresh token is spent.',
    'good',
  ],
  'token_version.bumped': [
    'Role or permissions changed',
    'Every access token issued before is void; the sessions go on.',
    'warning',
  ],
  'link.requested': [
    'A link was mailed',
    'It works once, and only the newest of its kind.',
    'plain',
  ],
  'link.used': ['A mailed link was used', 'It is spent.', 'plain'],
  'link.refused': [
    'A mailed link was refused',
    'Spent, too old, or replaced by a newer one.',
    'warning',
  ],
  'email.verified': ['Email confirmed', '', 'good'],
  'email.changed': ['Email changed', 'By the link that the new address got.', 'good'],
  'factor.refused': ['Wrong code or passkey given', 'By somebody who is signed in.', 'warning'],
  'recovery_code.used': ['A recovery code was used', 'Not by you? Make new ones.', 'warning'],
  'passkey.counter_went_back': [
    'A passkey was refused',
    'Its counter went back: there may be a copy. Remove it and make another one.',
    'danger',
  ],
};

export const FACTOR_CHANGES: Readonly<Record<string, string>> = {
  totp_added: 'An authenticator app was added',
  passkey_added: 'A passkey was added',
  removed: 'A second factor was removed',
  recovery_codes_renewed: 'New recovery codes were made',
};

/** Texts of session endings, and whether the user caused them. */
export const ENDED_BECAUSE: Readonly<Record<string, readonly [string, Tone]>> = {
  logout: ['It was signed out', 'plain'],
  logout_all: ['You signed out everywhere', 'plain'],
  ended_by_user: ['You ended it from another session', 'plain'],
  ended_by_admin: ['An administrator ended it', 'danger'],
  ended_by_host: ['The application ended it', 'danger'],
  password_changed: ['The password was changed', 'plain'],
  user_disabled: ['The account was disabled', 'danger'],
  user_deleted: ['The account was deleted', 'plain'],
  reuse: ['A spent refresh token came back', 'danger'],
  limit: ['There were too many sessions, and it was the oldest', 'plain'],
  restored: ['The database was restored from a backup', 'danger'],
};

export const REFUSED_BECAUSE: Readonly<Record<string, readonly [string, Tone]>> = {
  junk: ['It is not a token of this application.', 'warning'],
  dead: ['Its session had ended before. Nothing else happens.', 'plain'],
  superseded: [
    'A password change or a confirmation had just replaced it. This does not count as theft, but there is no new token.',
    'plain',
  ],
  unproven: [
    'The session is bound to a device, and its key was not proved. Nothing else happens.',
    'warning',
  ],
  mismatch: ['It is newer than the database knows. Was a backup restored?', 'warning'],
};
