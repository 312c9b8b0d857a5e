import { expect, it } from '@jest/globals';
import type { FeedEvent } from '../api/models.js';
import { narrate } from './narrate.js';

const event = (members: Partial<FeedEvent>): FeedEvent => ({
  ...{ id: 1, at: '2026-11-21T12:00:00.000Z', severity: 'info', type: 'login.succeeded', sessionId: 'other' },
  ...members,
});

it('knows this browser from the others', () => {
  expect(narrate(event({ sessionId: 'own', ip: '127.0.0.1' }), 'own')).toMatchObject({
    title: 'Signed in here',
    where: 'This device, 127.0.0.1',
  });
  expect(narrate(event({ userAgent: 'curl/8.9.1' }), 'own')).toMatchObject({
    title: 'New sign-in',
    where: 'curl',
  });
});

it('says what a reuse and an ending mean', () => {
  expect(narrate(event({ type: 'refresh.reused', severity: 'high', sessionsEnded: 3 }), 'own')).toMatchObject(
    {
      tone: 'danger',
      detail: 'Taken for theft: 3 sessions ended at once, with their access tokens.',
    },
  );
  expect(
    narrate(event({ type: 'sessions.ended', count: 1, reason: 'password_changed' }), 'own'),
  ).toMatchObject({
    title: 'One session ended',
    detail: 'The password was changed. Their access tokens are refused from now on.',
    tone: 'plain',
  });
});

it('does not tell what the person did as an attack', () => {
  const tone = (reason: string) => narrate(event({ type: 'sessions.ended', count: 2, reason }), 'own').tone;
  expect([tone('logout_all'), tone('reuse'), tone('ended_by_admin')]).toEqual(['plain', 'danger', 'danger']);
});

it('shows an event that it does not know by its name', () => {
  expect(narrate(event({ type: 'key.changed' }), 'own').title).toBe('key.changed');
});
