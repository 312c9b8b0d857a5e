import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { bearer, logIn, REFUSED, refusalOf, register, signUp } from './support/stage.js';
import { useStage } from './support/use-stage.js';

const ROUNDS = 6;
const LOGINS = 3;

const stage = useStage();

/** Whatever was under way when the sessions ended must be dead afterwards, whichever commit came first. */
describe('sessions that open while they are being ended', () => {
  const here = () => stage.demos.express.client();
  const elsewhere = () => stage.demos.fastify.client();

  /** A session either was opened under the epoch of now, or is refused: nothing in between. */
  async function expectConsistent(userId: string): Promise<void> {
    const [subject] = await stage.rows(
      'select session_epoch from auth_subjects where subject = $1',
      userId,
    );
    const open = await stage.rows(
      'select epoch from auth_sessions where subject = $1 and ended_at is null',
      userId,
    );
    for (const { epoch } of open) expect(epoch).toBe(subject?.['session_epoch']);
  }

  it('logout-all: no login, refresh or token from before it works after it', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const ender = here();
      const person = await signUp(ender);
      const refresher = elsewhere();
      await logIn(refresher, person);

      let endedAt = Infinity;
      const ending = ender.post('/auth/logout-all').then((answer) => {
        endedAt = performance.now();
        return answer;
      });
      const logins = Array.from({ length: LOGINS }, async (_, index) => {
        const client = index % 2 === 0 ? elsewhere() : here();
        const startedAt = performance.now();
        const answer = await client.post('/auth/login', {
          email: person.email,
          password: person.password,
        });
        return { client, startedAt, answer };
      });
      const refreshing = refresher.post('/auth/refresh');

      expect((await ending).status).toBe(204);
      expect([200, 401]).toContain((await refreshing).status);
      expect((await refresher.post('/auth/refresh')).status).toBe(401);
      for (const { client, startedAt, answer } of await Promise.all(logins)) {
        expect([200, 401]).toContain(answer.status);
        if (answer.status === 401) continue;
        // it read the password hash before or after the end: then it is dead, or of the new epoch and alive
        const alive = (await client.copy().post('/auth/refresh')).status === 200;
        const me = await here().get('/me', bearer(client.jar.get('access_token') ?? ''));
        if (!alive) expect(refusalOf(me)).toEqual(REFUSED);
        if (startedAt > endedAt) expect(alive).toBe(true);
      }
      await expectConsistent(person.id);
    }
  });

  // T-nphd
  it('a login that has checked the password before the end, and opens after it, is refused like any other', async () => {
    const person = await signUp(here());
    const ending = new pg.Client({ connectionString: stage.env['DATABASE_URL'] });
    await ending.connect();
    try {
      // what logout-all does, held open until the login waits behind it
      await ending.query('begin');
      await ending.query(
        'update auth_subjects set session_epoch = 2, token_version = 2 where subject = $1',
        [person.id],
      );
      const client = elsewhere();
      const login = client.post('/auth/login', { email: person.email, password: person.password });
      await untilSomebodyWaits();
      await ending.query('commit');

      const answer = await login;
      expect(answer.status).toBe(401);
      expect(answer.text).toBe(
        '{"statusCode":401,"error":"Unauthorized","message":"Login refused","code":"login_refused"}',
      );
      expect(answer.setCookies).toEqual([]);
      expect(
        await stage.rows('select epoch from auth_sessions where subject = $1', person.id),
      ).toEqual([{ epoch: 1 }]);
    } finally {
      await ending.end();
    }
  });

  // T-xwbw
  it('a refresh that waits behind the end is refused', async () => {
    const client = elsewhere();
    const person = await signUp(client);
    const ending = new pg.Client({ connectionString: stage.env['DATABASE_URL'] });
    await ending.connect();
    try {
      await ending.query('begin');
      await ending.query(
        'update auth_subjects set session_epoch = 2, token_version = 2 where subject = $1',
        [person.id],
      );
      await ending.query(
        `update auth_sessions set ended_at = now(), end_reason = 'logout_all' where subject = $1`,
        [person.id],
      );
      const refresh = client.post('/auth/refresh');
      await untilSomebodyWaits();
      await ending.query('commit');

      expect(refusalOf(await refresh)).toEqual(REFUSED);
    } finally {
      await ending.end();
    }
  });

  /** In this database, which no other test uses. */
  async function untilSomebodyWaits(): Promise<void> {
    const until = performance.now() + 10_000;
    for (;;) {
      const waiting = await stage.rows(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      if (waiting.length > 0) return;
      if (performance.now() > until) throw new Error('nobody waits for the lock');
    }
  }

  it('a user who is disabled meanwhile keeps no session', async () => {
    const person = await register(here());
    const root = here();
    await logIn(root, { email: 'root@stage.test', password: person.password });
    const logins = Array.from({ length: LOGINS }, () => {
      const client = elsewhere();
      return client
        .post('/auth/login', { email: person.email, password: person.password })
        .then(({ status }) => ({ client, status }));
    });
    expect((await root.patch(`/admin/users/${person.id}`, { disabled: true })).status).toBe(200);

    for (const { client, status } of await Promise.all(logins)) {
      expect([200, 401]).toContain(status);
      expect((await client.post('/auth/refresh')).status).toBe(401);
    }
    expect(
      await stage.rows(
        'select 1 from auth_sessions where subject = $1 and ended_at is null',
        person.id,
      ),
    ).toEqual([]);
  });
});
