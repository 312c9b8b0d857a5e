import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AuthDatabase } from './auth-database.js';
import { SessionReads } from './session-reads.js';
import { newSession, rotationOf } from './session-fixture.fixture.js';
import { SessionRotations } from './session-rotations.js';

const DEADLINE_MS = 20;
const rotation = () => rotationOf(newSession());

describe('a rotation whose caller was told 503', () => {
  beforeEach(() => {
    jest.useFakeTimers({
      doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'],
    });
  });
  afterEach(() => void jest.useRealTimers());

  // T-fh97
  it('is not sent afterwards, because it would spend the token without an answer', async () => {
    let sent = 0;
    const database = {
      call: () => (sent++, new Promise(() => undefined)),
    } as unknown as AuthDatabase;
    const rotations = new SessionRotations(
      database,
      new SessionReads(database, DEADLINE_MS),
      DEADLINE_MS,
    );
    // the first waits for a server that hangs, the second is queued behind it
    const refused = [0, 1].map(() =>
      expect(rotations.rotate(rotation())).rejects.toMatchObject({ code: 'unavailable' }),
    );
    await jest.advanceTimersByTimeAsync(DEADLINE_MS);
    await Promise.all(refused);
    // by now a hanging batch no longer blocks the queue
    await jest.advanceTimersByTimeAsync(60_000);
    await turn();
    await turn();
    expect(sent).toBe(1);
    void rotations.rotate(rotation()).catch(() => undefined);
    expect(sent).toBe(2);
    await jest.advanceTimersByTimeAsync(DEADLINE_MS);
  });
});
