import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { newSession, openStore, rotationOf, useStore } from './session-fixture.fixture.js';

const DAY = 86_400_000;

describe('DrizzleSessionStore', () => {
  const fixture = useStore();

  async function opened(changes: Parameters<typeof newSession>[0] = {}) {
    const session = newSession(changes);
    const outcome = await fixture.store.open(session);
    expect(outcome.kind).toBe('opened');
    return session;
  }

  const ledger = async (subject: string): Promise<unknown[]> =>
    (
      await fixture.db.execute(
        sql`select kind, min_version from auth_revocations where subject = ${subject} order by id`,
      )
    ).rows;

  // T-qzfp
  it('stores the details that the list of sessions shows', async () => {
    const { subject, id } = await opened({ persistent: true, amr: ['pwd', 'o"t,p'] });
    const [listed] = await fixture.store.list(subject);
    expect(listed).toMatchObject({
      id,
      subject,
      persistent: true,
      ip: '203.0.113.7',
      userAgent: 'spec',
      amr: ['pwd', 'o"t,p'],
      generation: 1,
    });
    expect(listed?.absoluteExpiresAt.getTime()).toBeGreaterThan(Date.now() + 179 * DAY);
  });

  // T-dn9w
  it('rotates once: exactly one of 20 simultaneous uses wins', async () => {
    const session = await opened();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => fixture.store.rotate(rotationOf(session))),
    );
    expect(outcomes.filter(({ kind }) => kind === 'rotated')).toHaveLength(1);
  });

  it.each([
    ['idle', sql`idle_expires_at = now() - interval '1 second'`],
    ['absolutely', sql`absolute_expires_at = now() - interval '1 second'`],
  ])('does not rotate, show or find live what expired %s', async (_name, expiry) => {
    const session = await opened();
    await fixture.db.execute(sql`update auth_sessions set ${expiry} where id = ${session.id}`);
    expect((await fixture.store.rotate(rotationOf(session))).kind).toBe('missed');
    expect((await fixture.store.read(session.id))?.live).toBe(false);
    expect(await fixture.store.list(session.subject)).toEqual([]);
  });

  it('every rotation is a heap-only update', async () => {
    const session = await opened();
    // Postgres's counters are exact within one transaction of one connection
    const single = await openStore(fixture.url, 1);
    try {
      await single.pool.query('begin');
      let presentedHash = session.tokenHash;
      for (let generation = 1; generation <= 10; generation++) {
        const rotation = rotationOf(session, { generation, presentedHash });
        expect((await single.store.rotate(rotation)).kind).toBe('rotated');
        presentedHash = rotation.nextHash;
      }
      const { rows } = await single.pool.query(
        `select pg_stat_get_xact_tuples_updated(t) as updated, pg_stat_get_xact_tuples_hot_updated(t) as hot from (select 'auth_sessions'::regclass t) x`,
      );
      expect(rows).toEqual([{ updated: '10', hot: '10' }]);
      await single.pool.query('commit');
    } finally {
      await single.pool.end();
    }
  });

  // T-jj3v
  it('logout-all ends every session, bumps both counters and leaves one ledger row', async () => {
    const subject = randomUUID();
    const session = await opened({ subject });
    await opened({ subject });
    const ended = await fixture.store.endAll(subject, 'logout_all');
    expect(ended.sessions).toBe(2);
    expect(await fixture.store.readSubject(subject)).toEqual({ tokenVersion: 2, epoch: 2 });
    expect(await ledger(subject)).toEqual([{ kind: 'user', min_version: 2 }]);
    expect((await fixture.store.rotate(rotationOf(session))).kind).toBe('missed');
  });

  // T-tthv
  it.each(['login first', 'logout-all first', 'together'] as const)(
    'a login and a logout-all racing on two connections: no session of the old state survives (%s commits)',
    async (order) => {
      for (let round = 0; round < 10; round++) {
        const subject = randomUUID();
        const session = newSession({ subject });
        const login = () => fixture.store.open(session);
        const logoutAll = () => fixture.store.endAll(subject, 'logout_all');
        if (order === 'login first') {
          // the login holds the subject's lock when the logout-all arrives
          const racing = login();
          await Promise.all([racing, logoutAll()]);
        } else if (order === 'logout-all first') {
          const racing = logoutAll();
          await Promise.all([login(), racing]);
        } else
          await Promise.all(
            Array.from({ length: 3 }, () => [login().catch(() => undefined), logoutAll()]).flat(),
          );
        await logoutAll();
        expect(await fixture.store.list(subject)).toEqual([]);
        expect((await fixture.store.rotate(rotationOf(session))).kind).toBe('missed');
      }
    },
  );

  // T-tx97
  it('a session that is committed after the epoch was bumped cannot be used', async () => {
    const session = newSession();
    const { subject } = session;
    const client = await fixture.pool.connect();
    try {
      // a login of an older release takes no lock: the counter alone must refuse its session
      await client.query('begin');
      await client.query(
        `insert into auth_sessions (id, subject, epoch, token_hash, transport, auth_time, idle_expires_at, absolute_expires_at)
         values ($1, $2, 1, $3, 'cookie', now(), now() + interval '1 day', now() + interval '1 day')`,
        [session.id, subject, session.tokenHash],
      );
      await fixture.store.endAll(subject, 'logout_all');
      await client.query('commit');
    } finally {
      client.release();
    }
    expect(await fixture.store.list(subject)).toEqual([]);
    expect((await fixture.store.rotate(rotationOf(session))).kind).toBe('missed');
    expect((await fixture.store.read(session.id))?.live).toBe(false);
  });

  // T-wdcv
  it('removes only sessions that ended or expired long ago, in pages, on several processes at once', async () => {
    const subject = randomUUID();
    const live = await opened({ subject });
    const doomed = await Promise.all(
      Array.from({ length: 30 }, () => opened({ subject: randomUUID() })),
    );
    const ids = sql.join(
      doomed.map(({ id }) => sql`${id}::uuid`),
      sql`, `,
    );
    await fixture.db.execute(
      sql`update auth_sessions set idle_expires_at = now() - interval '31 days' where id in (${ids})`,
    );
    const walk = async (): Promise<number> => {
      let removed = 0;
      let cursor: string | undefined;
      do {
        const page = await fixture.store.removeExpired(30 * DAY, 7, cursor);
        removed += page.removed;
        cursor = page.cursor;
      } while (cursor);
      return removed;
    };
    const walks = await Promise.all([walk(), walk(), walk()]);
    expect(walks.reduce((a, b) => a + b)).toBe(30);
    expect(await fixture.store.list(subject)).toMatchObject([{ id: live.id }]);
  });

  it('a database error names its code, never a parameter', async () => {
    const session = newSession({ subject: 'a'.repeat(50) });
    const broken = await openStore(fixture.url, 1);
    await broken.pool.end();
    const error = await broken.store
      .rotate(rotationOf(session))
      .catch((each: unknown) => each as Error);
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(session.id);
  });
});
