import type { FeedEvent } from '../api/models.js';
import { describeDevice } from '../format/device.js';
import {
  ENDED_BECAUSE,
  FACTOR_CHANGES,
  NARRATIONS,
  REFUSED_BECAUSE,
  type Tone,
} from './narrations.js';

export interface Narration {
  readonly title: string;
  /** The meaning of the event. */
  readonly detail: string;
  /** Device and address, as far as known. */
  readonly where: string;
  readonly tone: Tone;
}

/** One event in plain words; `ownSessionId` is that of this browser. */
export function narrate(event: FeedEvent, ownSessionId: string): Narration {
  const here = event.sessionId === ownSessionId;
  const device = event.userAgent ? describeDevice(event.userAgent).name : undefined;
  const where = [here ? 'This device' : device, event.ip].filter(Boolean).join(', ');
  return { ...tell(event, here), where };
}

function tell(event: FeedEvent, here: boolean): Omit<Narration, 'where'> {
  const { type, reason = '', severity } = event;
  const [because, tone] = ENDED_BECAUSE[reason] ?? ['It was ended', 'danger'];
  switch (type) {
    case 'login.succeeded':
      return {
        title: here ? 'Signed in here' : 'New sign-in',
        detail: here ? '' : 'Not you? End it in the list of sessions, and change the password.',
        tone: 'good',
      };
    case 'refresh.reused':
      return {
        title: 'A spent token came back',
        detail: `Taken for theft: ${count(event.sessionsEnded ?? 1)} ended at once, with their access tokens.`,
        tone: 'danger',
      };
    case 'refresh.refused': {
      const [detail, how] = REFUSED_BECAUSE[reason] ?? ['', 'warning'];
      return { title: 'Refresh refused', detail, tone: how };
    }
    case 'session.ended':
      return {
        title: here ? 'This session was ended' : 'Session ended',
        detail: `${because}. Its access token is refused from now on, though it has not expired.`,
        tone,
      };
    case 'sessions.ended':
      return {
        title: `${capital(count(event.count ?? 0))} ended`,
        detail: `${because}. Their access tokens are refused from now on.`,
        tone,
      };
    case 'factor.changed':
      return {
        title: FACTOR_CHANGES[event.change ?? ''] ?? 'Second factors changed',
        detail: 'Every other session has to prove itself anew.',
        tone: 'good',
      };
    default: {
      const [title, detail, how] = NARRATIONS[type] ?? [
        type,
        '',
        severity === 'info' ? 'plain' : 'warning',
      ];
      return { title, detail, tone: how };
    }
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function count(sessions: number): string {
  return sessions === 1 ? 'one session' : `${String(sessions)} sessions`;
}
