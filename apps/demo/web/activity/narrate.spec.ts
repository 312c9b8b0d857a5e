import { expect, it } from '@jest/globals';
import type { FeedEvent } from '../api/models.js';
import { narrate } from './narrate.js';

const event = (members: Partial<FeedEvent>): FeedEvent => ({
  id: 1,
  at: '2026-11-21T12:00:00.000Z',
  severity: 'info',
  type: 'login.succeeded',
  sessionId: 'other',
  ...members,
});

it('distinguishes this browser from others', () => {
  expect(narrate(event({ sessionId: 'own', ip: '127.0.0.1' }), 'own')).toMatchObject({
    title: 'Signed in here',
    where: 'This device, 127.0.0.1',
  });
  expect(narrate(event({ userAgent: 'curl/8.9.1' }), 'own')).toMatchObject({
    title: 'New sign-in',
    where: 'curl',
  });
});

it('explains a reuse and an ended session', () => {
  expect(
    narrate(event({ type: 'refresh.reused', severity: 'high', sessionsEnded: 3 }), 'own'),
  ).toMatchObject({
    tone: 'danger',
    detail: 'Taken for theft: 3 sessions ended at once, with their access tokens.',
  });
  expect(
    narrate(event({ type: 'sessions.ended', count: 1, reason: 'password_changed' }), 'own'),
  ).toMatchObject({
    title: 'One session ended',
    detail: 'The password was changed. Their access tokens are refused from now on.',
    tone: 'plain',
  });
});

it('does not describe the user’s own actions as an attack', () => {
  const tone = (reason: string) =>
    narrate(event({ type: 'sessions.ended', count: 2, reason }), 'own').tone;
  expect([tone('logout_all'), tone('reuse'), tone('ended_by_admin')]).toEqual([
    'plain',
    'danger',
    'danger',
  ]);
});

it('shows an unknown event by its name', () => {
  expect(narrate(event({ type: 'key.changed' }), 'own').title).toBe('key.changed');
});
