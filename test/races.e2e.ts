import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCluster, type RaceCluster } from './races/race-cluster.js';
import { type Counts, Racers, REFRESHERS, type RaceSession } from './races/racers.js';
import { readToken, TokenBook } from './races/token-book.js';
import { careless, inStep, withoutLeeway } from './races/visits.js';

// RACE_FULL=1 npm test -- test/races.e2e.ts: the whole size, some minutes
const FULL = process.env['RACE_FULL'] === '1';
const SIZE = FULL
  ? { sessions: 200, runMs: 20_000, kills: 30 }
  : { sessions: 24, runMs: 2_000, kills: 3 };
/** Sessions that are raced for at one moment, eight requests each: more would only queue on a small machine. */
const AT_ONCE = 8;
/** A user may hold at most 100 sessions. */
const SESSIONS_A_USER = 40;
/** Reuses that are meant to happen: one session in ten. */
const CARELESS = Math.floor(SIZE.sessions / 10);
const PASSWORD = 'eight at once upon one token';
const LEEWAY_MS = 10_000;
const TIMEOUT_MS = 900_000;

const users = Array.from(
  { length: Math.ceil(SIZE.sessions / SESSIONS_A_USER) },
  (_, index) => `racer${index}@example.com`,
);

describe.each(['0', '10s'])(
  `${SIZE.sessions} sessions × ${REFRESHERS} refreshers, leeway %s`,
  (leeway) => {
    const leewayMs = leeway === '0' ? 0 : LEEWAY_MS;
    const book = new TokenBook(leewayMs);
    const sessions: RaceSession[] = [];
    let cluster: RaceCluster;

    beforeAll(async () => {
      cluster = await startCluster({
        REUSE_LEEWAY: leeway,
        // many sessions share a user: the others are to race on
        ON_REUSE: 'family',
        DEMO_USERS: users.map((email) => `${email}:${PASSWORD}:user`).join(','),
      });
      const opener = new Racers(cluster, book, PASSWORD, leewayMs);
      await inParallel(SIZE.sessions, async (index) => {
        const email = users[index % users.length] as string;
        sessions.push(
          await opener.open(email, leewayMs > 0 && index < CARELESS ? 'careless' : 'in step'),
        );
      });
    }, TIMEOUT_MS);
    afterAll(() => cluster?.close(), TIMEOUT_MS);

    const visitOf = (session: RaceSession) =>
      leewayMs === 0 ? withoutLeeway : session.kind === 'careless' ? careless : inStep;

    /** For the time given, and until each session had its turn and all kills are done. */
    const race = async (kills: number): Promise<Counts> => {
      const racers = new Racers(cluster, book, PASSWORD, leewayMs);
      const endsAt = performance.now() + SIZE.runMs;
      let visits = 0;
      let killed = kills === 0;
      const killing = cluster
        .killInTurn(kills, () => randomInt(20, 300))
        .finally(() => {
          killed = true;
        });
      const queue = [...sessions];
      const racing = inParallel(AT_ONCE, async () => {
        while (performance.now() < endsAt || visits < sessions.length || !killed) {
          const session = queue.shift() as RaceSession;
          await visitOf(session)(racers, session);
          queue.push(session);
          visits++;
        }
      });
      await Promise.all([killing, racing]);
      report({
        leeway,
        kills,
        ms: Math.round(SIZE.runMs + performance.now() - endsAt),
        visits,
        ...racers.counts,
      });
      return racers.counts;
    };

    // T-fpxp
    it(
      'never has two live tokens, and every outcome follows the contract',
      async () => {
        const counts = await race(0);
        expect(book.violations).toEqual([]);
        expect(counts.lost).toBe(0);
        expect(counts.rotated).toBeGreaterThanOrEqual(SIZE.sessions);
        if (leewayMs === 0)
          expect(counts.refused).toBeGreaterThanOrEqual(SIZE.sessions * (REFRESHERS - 1));
        else
          expect(counts.replayed).toBeGreaterThanOrEqual(
            (SIZE.sessions - CARELESS) * (REFRESHERS - 1),
          );
      },
      TIMEOUT_MS,
    );

    it(
      `never has two live tokens while its processes are killed ${SIZE.kills} times`,
      async () => {
        const counts = await race(SIZE.kills);
        expect(book.violations).toEqual([]);
        expect(counts.lost).toBeGreaterThan(0);
      },
      TIMEOUT_MS,
    );

    it(
      'has one current token for each session afterwards, the newest that any client holds',
      async () => {
        const rows = new Map((await cluster.sessions()).map((row) => [row.id, row]));
        const dead = [...rows.values()].filter((row) => row.endReason !== null);
        expect(new Set(dead.map((row) => row.endReason))).toEqual(
          new Set(dead.length > 0 ? ['reuse'] : []),
        );
        for (const { current } of sessions) {
          const { sessionId, hash } = readToken(current);
          expect(rows.get(sessionId)).toMatchObject({ endReason: null, hash });
          expect(book.holdersOf(sessionId, hash)).toBe(1);
        }
        const racers = new Racers(cluster, book, PASSWORD, leewayMs);
        await inParallel(sessions.length, async (index) => {
          const session = sessions[index] as RaceSession;
          expect((await racers.present(session.current, randomInt(2))).kind).toBe('successor');
        });
        expect(book.violations).toEqual([]);
      },
      TIMEOUT_MS,
    );
  },
);

/** `count` pieces of work, at most AT_ONCE at a time. */
async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker));
}

function report(counts: Readonly<Record<string, unknown>>): void {
  const line = Object.entries(counts).map(([name, value]) => `${name} ${String(value)}`);
  process.stdout.write(`races: ${line.join(', ')}\n`);
}
