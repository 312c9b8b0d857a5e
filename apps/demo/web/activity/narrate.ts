import type { FeedEvent } from '../api/models.js';
import { describeDevice } from '../format/device.js';

export interface Narration {
  readonly title: string;
  /** What it means. */
  readonly detail: string;
  /** Device and address, as far as known. */
  readonly where: string;
  readonly tone: 'plain' | 'good' | 'warning' | 'danger';
}

const ENDED_BECAUSE: Readonly<Record<string, string>> = {
  logout: 'It was signed out',
  logout_all: 'You signed out everywhere',
  ended_by_user: 'You ended it from another session',
  ended_by_admin: 'An administrator ended it',
  ended_by_host: 'The application ended it',
  password_changed: 'The password was changed',
  user_disabled: 'The account was disabled',
  user_deleted: 'The account was deleted',
  reuse: 'A spent refresh token came back',
  limit: 'There were too many sessions, and it was the oldest',
  restored: 'The database was restored from a backup',
};
const REFUSED_BECAUSE: Readonly<Record<string, string>> = {
  junk: 'What was presented is not a token of ours.',
  dead: 'Its session had ended before. Nothing else happens.',
  superseded: 'A password change or a confirmation had just replaced it. No theft, and no new token either.',
  mismatch: 'It is newer than the database knows. Was a backup restored?',
};

/** One event in plain words; `ownSessionId` is that of this browser. */
export function narrate(event: FeedEvent, ownSessionId: string): Narration {
  const here = event.sessionId === ownSessionId;
  const device = event.userAgent ? describeDevice(event.userAgent).name : undefined;
  const where = [here ? 'This device' : device, event.ip].filter(Boolean).join(', ');
  return { ...tell(event, here), where };
}

function tell(event: FeedEvent, here: boolean): Omit<Narration, 'where'> {
  switch (event.type) {
    case 'user.registered':
      return { title: 'Account created', detail: '', tone: 'good' };
    case 'login.succeeded':
      return {
        title: here ? 'Signed in here' : 'New sign-in',
        detail: here ? '' : 'Not you? End it in the list of sessions, and change the password.',
        tone: 'good',
      };
    case 'login.failed':
      return { title: 'A sign-in was refused', detail: 'Somebody tried your account.', tone: 'warning' };
    case 'login.throttled':
      return { title: 'Sign-in held back', detail: 'Too many failures.', tone: 'warning' };
    case 'refresh.rotated':
      return {
        title: 'Refresh token rotated',
        detail: 'Used once, and replaced. The old one is spent: if it ever comes back, that is theft.',
        tone: 'plain',
      };
    case 'refresh.replayed':
      return {
        title: 'Refresh answered again',
        detail: 'A retry within the leeway gets the same answer.',
        tone: 'plain',
      };
    case 'refresh.reused':
      return {
        title: 'A spent token came back',
        detail: `Taken for theft: ${count(event.sessionsEnded ?? 1)} ended at once, with their access tokens.`,
        tone: 'danger',
      };
    case 'refresh.refused':
      return { title: 'Refresh refused', detail: REFUSED_BECAUSE[event.reason ?? ''] ?? '', tone: 'warning' };
    case 'token.refused':
      return {
        title: 'An access token was refused',
        detail: 'Genuine and in time, but revoked: whoever sent it got a 401.',
        tone: 'warning',
      };
    case 'session.ended':
      return {
        title: here ? 'This session was ended' : 'Session ended',
        detail: `${because(event.reason)}. Its access token is refused from now on, though it has not expired.`,
        tone: 'danger',
      };
    case 'sessions.ended':
      return {
        title: `${capital(count(event.count ?? 0))} ended`,
        detail: `${because(event.reason)}. Their access tokens are refused from now on.`,
        tone: 'danger',
      };
    case 'password.changed':
      return { title: 'Password changed', detail: 'Every access token issued before is void.', tone: 'good' };
    case 'password.refused':
      return { title: 'Wrong password given', detail: 'By somebody who is signed in.', tone: 'warning' };
    case 'reauthenticated':
      return {
        title: 'Password confirmed',
        detail: 'New tokens with a fresh proof; the old refresh token is spent.',
        tone: 'good',
      };
    case 'token_version.bumped':
      return {
        title: 'Role or permissions changed',
        detail: 'Every access token issued before is void; the sessions go on.',
        tone: 'warning',
      };
    default:
      return { title: event.type, detail: '', tone: event.severity === 'info' ? 'plain' : 'warning' };
  }
}

const because = (reason = ''): string => ENDED_BECAUSE[reason] ?? 'It was ended';
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function count(sessions: number): string {
  return sessions === 1 ? 'one session' : `${String(sessions)} sessions`;
}
