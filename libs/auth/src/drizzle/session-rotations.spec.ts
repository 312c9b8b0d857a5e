import { randomBytes } from 'node:crypto';
import { describe, expect, it, jest } from '@jest/globals';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import pg from 'pg';
import type { NewSession } from '../storage/session.js';
import type { Rotation } from '../storage/session-store.port.js';
import { newSession, openStore, rotationOf, useStore } from './session-fixture.fixture.js';

describe('batched rotations', () => {
  const fixture = useStore();

  async function opened(): Promise<NewSession> {
    const session = newSession();
    expect((await fixture.store.open(session)).kind).toBe('opened');
    return session;
  }

  const openedMany = (count: number) => Promise.all(Array.from({ length: count }, opened));
  const rotate = async (rotation: Rotation) => (await fixture.store.rotate(rotation)).kind;

  /** The first is sent alone, so that the others find a statement running and are sent as one. */
  async function together(rotations: readonly Rotation[]) {
    const first = rotate(rotationOf(await opened()));
    const outcomes = rotations.map(rotate);
    expect(await first).toBe('rotated');
    return Promise.all(outcomes);
  }

  async function state({ id }: NewSession) {
    const snapshot = await fixture.store.read(id);
    return { generation: snapshot?.session.generation, hash: snapshot?.tokenHash };
  }

  it('50 rotations that arrive while a statement is running share one statement, and each gets its own session', async () => {
    const sessions = await openedMany(50);
    const rotations = sessions.map((each) =>
      rotationOf(each, { ip: '192.0.2.9', userAgent: each.id }),
    );
    const statements = jest.spyOn(fixture.pool, 'connect');
    try {
      const first = rotate(rotationOf(newSession()));
      const outcomes = await Promise.all(rotations.map((each) => fixture.store.rotate(each)));
      expect(await first).toBe('missed');
      outcomes.forEach((outcome, at) =>
        expect(outcome).toMatchObject({
          kind: 'rotated',
          session: {
            id: sessions[at]?.id,
            generation: 2,
            userAgent: sessions[at]?.id,
            ip: '192.0.2.9',
          },
        }),
      );
      // the missed first rotation was tried once more by itself
      expect(statements).toHaveBeenCalledTimes(3);
    } finally {
      statements.mockRestore();
    }
  });

  it('20 uses of one token in one batch: exactly one wins, and the row holds its successor', async () => {
    const session = await opened();
    const rotations = Array.from({ length: 20 }, () => rotationOf(session));
    const outcomes = await together(rotations);
    expect(outcomes.filter((kind) => kind === 'rotated')).toHaveLength(1);
    const winner = rotations[outcomes.indexOf('rotated')];
    expect(await state(session)).toEqual({ generation: 2, hash: winner?.nextHash });
  });

  it('each use of a token is judged by the key that it proved: the wrong key loses, whichever came first', async () => {
    for (const order of [
      ['wrong', undefined, 'right'],
      ['right', 'wrong', undefined],
    ]) {
      const session = newSession({ transport: 'bearer', bound: { kind: 'dpop', key: 'right' } });
      expect((await fixture.store.open(session)).kind).toBe('opened');
      const outcomes = await together(order.map((provedKey) => rotationOf(session, { provedKey })));
      expect(outcomes).toEqual(order.map((key) => (key === 'right' ? 'rotated' : 'missed')));
    }
  });

  it('a token whose row was locked is tried again by its next use', async () => {
    const session = await opened();
    const holder = await fixture.pool.connect();
    const uses = [rotationOf(session), rotationOf(session)];
    try {
      await holder.query('begin');
      await holder.query('select 1 from auth_sessions where id = $1 for update', [session.id]);
      const waiting = uses.map(rotate);
      await untilSomeoneWaits();
      await holder.query('commit');
      expect((await Promise.all(waiting)).sort()).toEqual(['missed', 'rotated']);
    } finally {
      holder.release();
    }
  });

  it('the next use of a token that this process saw spent costs one statement', async () => {
    const session = await opened();
    expect(await rotate(rotationOf(session))).toBe('rotated');
    const statements = jest.spyOn(pg.Client.prototype, 'query');
    try {
      expect(await rotate(rotationOf(session))).toBe('missed');
      expect(statements).toHaveBeenCalledTimes(1);
    } finally {
      statements.mockRestore();
    }
  });

  it('the same rotation presented twice at once wins once', async () => {
    const rotation = rotationOf(await opened());
    expect((await together([rotation, rotation])).sort()).toEqual(['missed', 'rotated']);
  });

  it('200 tokens presented 8 times at once take fewer statements than twice the sessions', async () => {
    const sessions = await openedMany(200);
    const uses = Array.from({ length: 8 }, () => sessions.map((each) => rotationOf(each))).flat();
    const statements = jest.spyOn(pg.Client.prototype, 'query');
    try {
      const outcomes = await Promise.all(uses.map((each) => fixture.store.rotate(each)));
      expect(statements.mock.calls.length).toBeLessThan(2 * sessions.length);
      expect(outcomes.filter(({ kind }) => kind === 'rotated')).toHaveLength(200);
      const winners = new Map<string, Buffer>();
      outcomes.forEach(({ kind }, at) => {
        const use = uses[at] as Rotation;
        if (kind === 'rotated') winners.set(use.sessionId, use.nextHash);
      });
      for (const outcome of outcomes)
        if (outcome.kind === 'missed')
          expect(outcome.found?.tokenHash).toEqual(winners.get(outcome.found?.session.id ?? ''));
    } finally {
      statements.mockRestore();
    }
  });

  // T-hpqx
  it('a batch has the same outcome as its rotations one by one', async () => {
    const use = fc.record({
      session: fc.nat({ max: 3 }),
      token: fc.constantFrom('current', 'current', 'spent', 'wrong hash', 'next generation'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(use, { minLength: 1, maxLength: 8 }), { maxLength: 4 }),
        async (rounds) => {
          const [batched, single] = [await openedMany(4), await openedMany(4)];
          await fixture.store.endOne(batched[3]?.id ?? '', 'logout');
          await fixture.store.endOne(single[3]?.id ?? '', 'logout');
          for (const round of rounds) {
            const inOne = await together(await rotationsOf(batched, round));
            const oneByOne: string[] = [];
            for (const rotation of await rotationsOf(single, round))
              oneByOne.push(await rotate(rotation));
            for (const session of [0, 1, 2, 3]) {
              const of = (outcomes: readonly string[]) =>
                outcomes.filter((_, at) => round[at]?.session === session).sort();
              expect(of(inOne)).toEqual(of(oneByOne));
            }
          }
          const generations = async (sessions: readonly NewSession[]) =>
            Promise.all(sessions.map(async (each) => (await state(each)).generation));
          expect(await generations(batched)).toEqual(await generations(single));
        },
      ),
      { numRuns: 15 },
    );

    async function rotationsOf(
      sessions: readonly NewSession[],
      round: readonly { readonly session: number; readonly token: string }[],
    ): Promise<Rotation[]> {
      const states = await Promise.all(sessions.map(state));
      return round.map(({ session: at, token }) => {
        const session = sessions[at] as NewSession;
        const { generation = 0, hash = randomBytes(32) } = states[at] ?? {};
        switch (token) {
          case 'spent':
            return rotationOf(session, { generation: generation - 1, presentedHash: hash });
          case 'wrong hash':
            return rotationOf(session, { generation });
          case 'next generation':
            return rotationOf(session, { generation: generation + 1, presentedHash: hash });
          default:
            return rotationOf(session, { generation, presentedHash: hash });
        }
      });
    }
  });

  it('a session that another transaction has locked waits by itself and delays no other', async () => {
    const [held, free] = [await opened(), await opened()];
    const holder = await fixture.pool.connect();
    try {
      await holder.query('begin');
      await holder.query('select 1 from auth_sessions where id = $1 for update', [held.id]);
      const waiting = rotate(rotationOf(held));
      expect(await together([rotationOf(free)])).toEqual(['rotated']);
      await holder.query('commit');
      expect(await waiting).toBe('rotated');
    } finally {
      holder.release();
    }
  });

  it('an ending that locked the session first wins over the rotation that waited for it', async () => {
    const session = await opened();
    const holder = await fixture.pool.connect();
    try {
      await holder.query('begin');
      await holder.query('update auth_sessions set ended_at = now() where id = $1', [session.id]);
      const waiting = rotate(rotationOf(session));
      await untilSomeoneWaits();
      await holder.query('commit');
      expect(await waiting).toBe('missed');
    } finally {
      holder.release();
    }
  });

  async function untilSomeoneWaits(): Promise<void> {
    for (;;) {
      const { rows } = await fixture.db.execute(
        sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      if (rows.length > 0) return;
    }
  }

  it('a value that Postgres cannot store fails its own rotation alone', async () => {
    const [good, bad, other] = [await opened(), await opened(), await opened()];
    const outcomes = await Promise.allSettled([
      rotate(rotationOf(await opened())),
      rotate(rotationOf(good)),
      rotate(rotationOf(bad, { userAgent: 'nul \u0000' })),
      rotate(rotationOf(other)),
    ]);
    expect(
      outcomes.map((each) => (each.status === 'fulfilled' ? each.value : each.reason)),
    ).toMatchObject(['rotated', 'rotated', { code: 'unavailable' }, 'rotated']);
    expect((await state(bad)).generation).toBe(1);
  });

  it('a connection without its prepared statements, as behind some poolers, still rotates', async () => {
    const pooled = await openStore(fixture.url, 1);
    try {
      const [first, second, third] = await openedMany(3);
      const kind = async (session?: NewSession) =>
        (await pooled.store.rotate(rotationOf(session as NewSession))).kind;
      expect(await kind(first)).toBe('rotated');
      await pooled.pool.query('deallocate all');
      expect(await kind(second)).toBe('rotated');
      expect(await kind(third)).toBe('rotated');
    } finally {
      await pooled.pool.end();
    }
  });

  it('the statement is prepared once per connection', async () => {
    const single = await openStore(fixture.url, 1);
    try {
      for (const session of await openedMany(3))
        expect((await single.store.rotate(rotationOf(session))).kind).toBe('rotated');
      const { rows } = await single.pool.query(
        `select (generic_plans + custom_plans)::int as runs from pg_prepared_statements where name like 'tokenward%'`,
      );
      expect(rows).toEqual([{ runs: 3 }]);
    } finally {
      await single.pool.end();
    }
  });
});
