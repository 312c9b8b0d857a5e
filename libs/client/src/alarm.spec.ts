import { describe, expect, it, jest } from '@jest/globals';
import { credentials, fakeWorld } from './world.fixture.js';

const { world, open, signedIn } = fakeWorld();

describe('refresh ahead of expiry', () => {
  it('happens before the token expires, and again after that one', async () => {
    jest.useFakeTimers({ advanceTimers: true });
    await signedIn({ transport: 'bearer', refreshAheadMs: 60_000 });
    await jest.advanceTimersByTimeAsync(820_000);
    expect(world.server.count('/auth/refresh')).toBe(0);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(world.server.count('/auth/refresh')).toBe(1);
    await jest.advanceTimersByTimeAsync(850_000);
    expect(world.server.count('/auth/refresh')).toBe(2);
  });

  it.each([
    [0, 840],
    [0.5, 834],
    [0.999, 828],
  ])(
    'comes at a random time, so that not all clients come at once (drawn: %d)',
    async (drawn, second) => {
      jest.useFakeTimers({ advanceTimers: true });
      const client = open({ transport: 'bearer', refreshAheadMs: 60_000 });
      jest.spyOn(Math, 'random').mockReturnValue(drawn);
      await client.login(credentials);
      await jest.advanceTimersByTimeAsync((second - 1) * 1_000);
      const before = world.server.count('/auth/refresh');
      await jest.advanceTimersByTimeAsync(2_000);
      jest.restoreAllMocks();
      expect([before, world.server.count('/auth/refresh')]).toEqual([0, 1]);
    },
  );

  // T-p4fk
  it('comes soon after a laptop woke up, although its timers were stopped', async () => {
    jest.useFakeTimers({ advanceTimers: true });
    await signedIn({ transport: 'bearer', refreshAheadMs: 60_000 });
    jest.setSystemTime(Date.now() + 8 * 3_600_000);
    await jest.advanceTimersByTimeAsync(31_000);
    expect(world.server.count('/auth/refresh')).toBe(1);
  });

  it('of a token that lives ten seconds does not loop', async () => {
    jest.useFakeTimers({ advanceTimers: true });
    world.server.expiresIn = 10;
    await signedIn({ transport: 'bearer', refreshAheadMs: 60_000 });
    await jest.advanceTimersByTimeAsync(20_500);
    expect(world.server.count('/auth/refresh')).toBeGreaterThanOrEqual(2);
    expect(world.server.count('/auth/refresh')).toBeLessThanOrEqual(4);
  });

  it('is retried while the server is unreachable', async () => {
    jest.useFakeTimers({ advanceTimers: true });
    const client = await signedIn({ transport: 'bearer', refreshAheadMs: 60_000 });
    world.server.failNext('/auth/refresh', 503);
    await jest.advanceTimersByTimeAsync(890_000);
    expect(world.server.count('/auth/refresh')).toBe(2);
    expect(client.events.at(-1)).toBe('refreshed');
  });

  // T-bks3
  it('is not retried where the browser holds the key, because it renews the cookie by itself', async () => {
    jest.useFakeTimers({ advanceTimers: true });
    const client = await signedIn({ refreshAheadMs: 60_000 });
    world.server.failNext('/auth/refresh', 'key');
    await jest.advanceTimersByTimeAsync(890_000);
    expect(world.server.count('/auth/refresh')).toBe(1);
    expect(client.events).toEqual(['signedIn']);
  });

  // T-nns9
  it('uses the server’s clock when the local one is wrong', async () => {
    jest.useFakeTimers({ advanceTimers: true });
    const first = await signedIn({ refreshAheadMs: 0 });
    first.close();
    jest.setSystemTime(Date.now() + 3_600_000);
    const wrong = open({ refreshAheadMs: 60_000 });
    await wrong.session();
    await jest.advanceTimersByTimeAsync(700_000);
    expect(world.server.count('/auth/refresh')).toBe(0);
    await jest.advanceTimersByTimeAsync(160_000);
    expect(world.server.count('/auth/refresh')).toBe(1);
  });
});
