import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { ApiKeyStore } from '../../storage/api-key-store.port.js';
import type { OneTimeTokenStore } from '../../storage/one-time-token-store.port.js';
import type { Removal, SessionStore } from '../../storage/session-store.port.js';
import { SessionCleanUp } from './session-clean-up.service.js';

const EVERY_MS = 60_000;
const KEPT_MS = 7_000;

let asked: unknown[][];
let said: unknown[];
/** The answers to successive pages; afterwards a page of nothing. */
let pages: (Removal | Promise<Removal> | Error)[];
beforeEach(() => {
  [asked, said, pages] = [[], [], []];
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  const warn = (line: unknown) => void said.push(line);
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(warn);
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

function cleanUp(cleanUpEveryMs = EVERY_MS, others: 'all' | 'sessions alone' = 'all') {
  const sessions = {
    removeExpired: async (...given: unknown[]) => {
      asked.push(given);
      const page = await (pages.shift() ?? { removed: 0 });
      if (page instanceof Error) throw page;
      return page;
    },
  };
  const keyed = (removed: number) => ({ removeExpired: () => Promise.resolve(removed) });
  return new SessionCleanUp(
    sessions as unknown as SessionStore,
    { sessions: { cleanUpEveryMs, keepEndedForMs: KEPT_MS } } as unknown as ResolvedAuthOptions,
    others === 'all' ? (keyed(20) as unknown as OneTimeTokenStore) : undefined,
    others === 'all' ? (keyed(300) as unknown as ApiKeyStore) : undefined,
  );
}
/** A page whose answer the test gives. */
function held() {
  let answer: (page: Removal) => void = () => undefined;
  pages.push(new Promise((resolve) => (answer = resolve)));
  return (page: Removal) => answer(page);
}
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

describe('a clean-up on demand', () => {
  it('goes through all sessions, then tokens and keys, and counts what it removed', async () => {
    pages = [{ removed: 3, cursor: 'b' }, { removed: 1 }];
    expect(await cleanUp().run()).toBe(324);
    expect(asked.map(([keepMs, , cursor]) => [keepMs, cursor])).toEqual([
      [KEPT_MS, undefined],
      [KEPT_MS, 'b'],
    ]);
    expect(await cleanUp(EVERY_MS, 'sessions alone').run()).toBe(0);
  });

  it('joins the run that is in progress; the next one is new', async () => {
    const service = cleanUp();
    const answer = held();
    const both = [service.run(), service.run()];
    answer({ removed: 1 });
    expect(await Promise.all(both)).toEqual([321, 321]);
    expect(asked).toHaveLength(1);
    await service.run();
    expect(asked).toHaveLength(2);
  });

  it('tells its caller of a failure, and the next one begins anew', async () => {
    const service = cleanUp();
    pages = [new Error('away'), { removed: 1 }];
    await expect(service.run()).rejects.toThrow('away');
    expect(await service.run()).toBe(321);
  });
});

describe('the clean-up in the background', () => {
  it('runs each time the interval has passed', async () => {
    const service = cleanUp();
    service.onApplicationBootstrap();
    await pass(EVERY_MS - 1);
    expect(asked).toHaveLength(0);
    await pass(1);
    expect(asked).toHaveLength(1);
    await pass(EVERY_MS);
    expect(asked).toHaveLength(2);
    await service.onApplicationShutdown();
    await pass(3 * EVERY_MS);
    expect(asked).toHaveLength(2);
  });

  it('does not run if the interval is 0', async () => {
    cleanUp(0).onApplicationBootstrap();
    expect(jest.getTimerCount()).toBe(0);
    await pass(EVERY_MS);
    expect(asked).toHaveLength(0);
  });

  it('says why it failed, and tries again', async () => {
    const service = cleanUp();
    service.onApplicationBootstrap();
    pages = [new Error('away'), Promise.reject({ secret: 'x' } as unknown as Error)];
    await pass(2 * EVERY_MS);
    expect(said).toEqual([
      'the clean-up of expired sessions failed: away',
      'the clean-up of expired sessions failed: unknown error',
    ]);
    await service.onApplicationShutdown();
  });

  it('ends after the page in progress when the process stops, which waits for it', async () => {
    const service = cleanUp();
    const answer = held();
    pages.push({ removed: 9 });
    void service.run();
    let stopped = 'not yet';
    const stopping = service.onApplicationShutdown().then(() => (stopped = 'stopped'));
    await pass(EVERY_MS);
    expect(stopped).toBe('not yet');
    answer({ removed: 1, cursor: 'next' });
    await stopping;
    expect(asked).toHaveLength(1);
  });

  it('does not stop the process from stopping if it fails', async () => {
    const service = cleanUp();
    pages = [Promise.reject(new Error('away'))];
    const running = service.run();
    await expect(service.onApplicationShutdown()).resolves.toBeUndefined();
    await expect(running).rejects.toThrow('away');
  });
});
