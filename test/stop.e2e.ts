import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDatabase, type TestDatabase } from './support/databases.js';
import { type Demo, startDemo } from './support/demo.js';
import { ADAPTERS, STAGE_TIMEOUT_MS } from './support/stage.js';

const USER = { email: 'ada@people.test', password: 'a quiet river at noon' };
const STRANGER = { email: 'nobody@people.test', password: 'a quiet river at noon' };

let demo: Demo | undefined;
let database: TestDatabase | undefined;
afterEach(async () => {
  await demo?.stop();
  await database?.drop();
  [demo, database] = [undefined, undefined];
});

/** A login whose head the server has read and whose body it still waits for. */
async function halfSentLogin(url: string, length: number): Promise<ClientRequest> {
  const half = request(`${url}/auth/login`, {
    method: 'POST',
    agent: new Agent({ keepAlive: true }),
    headers: {
      'content-type': 'application/json',
      'content-length': length,
      expect: '100-continue',
    },
  });
  half.flushHeaders();
  await once(half, 'continue');
  return half;
}

const refusesConnections = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    request(`${url}/health/live`, { agent: false }, (answer) => {
      answer.resume();
      resolve(false);
    })
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
      .end();
  });

describe.each(ADAPTERS)('SIGTERM on %s', (adapter) => {
  // T-542f
  it(
    'accepts no new requests, answers the logins under way, writes waiting audit records, exits 0',
    async () => {
      database = await createDatabase();
      demo = await startDemo({
        adapter,
        env: { DATABASE_URL: database.url, DEMO_USERS: `${USER.email}:${USER.password}:user` },
      });
      const { url, exited } = demo;
      const bodies = [USER, STRANGER].map((person) => JSON.stringify(person));
      const logins = await Promise.all(bodies.map((body) => halfSentLogin(url, body.length)));

      process.kill(demo.pid, 'SIGTERM');
      while (!(await refusesConnections(url)));
      // the hashing and the database's part begin only now
      const answers = logins.map((login) => once(login, 'response') as Promise<[IncomingMessage]>);
      logins.forEach((login, at) => login.end(bodies[at]));
      const found = [];
      for (const [answer] of await Promise.all(answers)) {
        answer.resume();
        await once(answer, 'end');
        found.push([answer.statusCode, answer.headers.connection]);
      }
      // the connection goes with the answer: nobody waits for it, and it brings no other request
      expect(found).toEqual([
        [200, 'close'],
        [401, 'close'],
      ]);
      expect(await exited).toBe(0);

      const after = new pg.Client({ connectionString: database.url });
      await after.connect();
      const { rows } = await after.query<{ type: string }>(
        'select type from auth_audit order by type',
      );
      await after.end();
      expect(rows.map(({ type }) => type)).toEqual(['login.failed', 'login.succeeded']);
    },
    STAGE_TIMEOUT_MS,
  );
});

// both at once: it is the process's own patience that is waited for
// T-gn8x
it(
  'a request that its client never finishes does not keep the process alive, on either adapter',
  async () => {
    await Promise.all(
      ADAPTERS.map(async (adapter) => {
        const stuck = await startDemo({ adapter });
        const postmaster = join(stuck.dataDir, 'postgres', 'data', 'postmaster.pid');
        expect(existsSync(postmaster)).toBe(true);
        const half = await halfSentLogin(stuck.url, 50);
        half.on('error', () => undefined);

        const startedAt = performance.now();
        expect(await stuck.kill('SIGTERM')).toBe(0);
        expect(performance.now() - startedAt).toBeLessThan(10_000);
        expect(existsSync(postmaster)).toBe(false);
      }),
    );
  },
  STAGE_TIMEOUT_MS,
);
