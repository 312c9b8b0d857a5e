import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ManualClock, memoryStorage } from '@tokenward/nestjs/testing';
import { type FactorHost, factorHost } from './support/factor-host.js';

describe('a session to which no token can be given any more, where nobody but the database is asked', () => {
  const clock = new ManualClock();
  const storage = memoryStorage({ clock });
  const hosts: FactorHost[] = [];
  const MANY = Array.from({ length: 600 }, (_, n) => `permission:${n}`);
  beforeAll(async () => {
    for (const allowedClaims of [['nickname', 'email'], []])
      hosts.push(await factorHost({ clock, storage, accessToken: { allowedClaims } }));
  });
  afterAll(() => Promise.all(hosts.map((host) => host.close())));

  // T-nx8w
  it.each<[string, (id: string) => void]>([
    ['its claims are not allowed any more', () => undefined],
    [
      'its user has more permissions than a token holds',
      (id) => storage.users.set({ id, permissions: MANY }),
    ],
  ])(
    'ends by itself if %s, without a theft alert and without effect on other sessions',
    async (_, change) => {
      const [before, now] = hosts as [FactorHost, FactorHost];
      const id = storage.users.set({});
      const opened = async (claims: Record<string, unknown>) => {
        const how = { transport: 'bearer', secondFactor: 'satisfied', claims } as const;
        return (await before.auth.openSession(id, how)).grant;
      };
      const [session, other] = [await opened({ email: 'x' }), await opened({})];
      change(id);
      for (let tries = 0; tries < 2; tries++)
        expect((await now.post('refresh', { refreshToken: session.refreshToken })).status).toBe(
          401,
        );
      storage.users.set({ id });
      expect((await now.post('refresh', { refreshToken: other.refreshToken })).status).toBe(200);
      expect(now.events.map(({ type }) => type)).not.toContain('refresh.reused');
      expect(now.events.filter(({ type }) => type === 'session.ended').at(-1)).toMatchObject({
        userId: id,
        sessionId: session.sessionId,
        reason: 'unissuable',
      });
    },
  );
});
