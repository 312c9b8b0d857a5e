import { expect, it } from '@jest/globals';
import { endNames } from './end-names.js';

it('gives different names, even to two sign-ins of one browser in one second', () => {
  const session = {
    createdAt: '2026-11-21T12:00:00.100Z',
    lastUsedAt: '2026-11-21T12:00:00.100Z',
    expiresAt: '2026-12-21T12:00:00.100Z',
    ip: '127.0.0.1',
    userAgent: 'curl/8.9.1',
    persistent: false,
    current: false,
  };
  const names = endNames([
    { ...session, id: 'a' },
    { ...session, id: 'b' },
    { ...session, id: 'c', createdAt: '2026-11-21T12:00:01.100Z' },
    { ...session, id: 'd', ip: null },
  ]);
  expect(names.get('a')).toMatch(/^End the session of curl at 127\.0\.0\.1, signed in .*12:00:00/);
  expect(new Set(names.values()).size).toBe(4);
});
