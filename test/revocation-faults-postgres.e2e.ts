import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { EVERYWHERE, startFaultCluster, type FaultCluster } from './faults/fault-cluster.js';
import { FAULT_TIMEOUT_MS, endure, expectServed, until, type Trial } from './faults/trial.js';
import { bearer } from './support/stage.js';

jest.setTimeout(FAULT_TIMEOUT_MS);

const UNPROVEN = /accepting what an unbroken Redis does not refuse/;

let cluster: FaultCluster;
beforeAll(async () => {
  cluster = await startFaultCluster();
}, FAULT_TIMEOUT_MS);
afterAll(() => cluster?.close());

/** Long enough that every proof is too old, then what goes on and what cannot. */
async function withoutPostgres({ watch, valid, old, pastTheBound }: Trial): Promise<void> {
  await pastTheBound();
  const from = performance.now();
  const kept = await cluster.demo('a').client().post('/auth/logout', {}, bearer(valid.text));
  expect(kept.status).toBe(503);
  expect(Number(kept.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  expect(kept.setCookies).toEqual([]);
  for (const where of EVERYWHERE) {
    await expectServed(watch, where, valid, from);
    expect((await watch.answered(where, old, from)).statuses).toEqual([401]);
  }
  expect(Number((await cluster.checks('a'))['unproven'])).toBeGreaterThan(0);
  expect(cluster.demo('a').output()).toMatch(UNPROVEN);
}

describe('Postgres is unreachable, and an uninterrupted Redis decides:', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('restarted (%s)', async (signal) => {
    await endure(cluster, {
      async during(trial) {
        await cluster.postgres.kill(signal);
        await withoutPostgres(trial);
      },
      heal: () => cluster.postgres.start(),
    });
  });

  it('hung (SIGSTOP)', async () => {
    await endure(cluster, {
      async during(trial) {
        await cluster.postgres.kill('SIGSTOP');
        await withoutPostgres(trial);
      },
      heal: () => cluster.postgres.kill('SIGCONT'),
    });
  });

  it.each(['cut', 'hang'] as const)('unreachable (%s)', async (mode) => {
    await endure(cluster, {
      async during(trial) {
        cluster.setPostgres(mode);
        await withoutPostgres(trial);
      },
      heal: () => cluster.setPostgres('forward'),
    });
  });

  // T-ss28
  it('unreachable while Redis is emptied: an interrupted Redis proves nothing', async () => {
    await endure(cluster, {
      async during({ watch, valid, old, pastTheBound }) {
        cluster.setPostgres('cut');
        await cluster.redis.kill('SIGKILL');
        await cluster.redis.start();
        await pastTheBound();
        const from = performance.now();
        for (const where of EVERYWHERE) {
          expect((await watch.answered(where, valid, from)).statuses).toEqual([503]);
          expect((await watch.answered(where, old, from)).statuses).toEqual([401]);
        }
      },
      heal: () => cluster.setPostgres('forward'),
    });
  });
});

describe('the one exception to the bound:', () => {
  // T-fjdn
  it('revoked where only Postgres is reached, accepted where only Redis is, and nobody reaches both', async () => {
    const refusing = await cluster.startVerifier('ready', 'refuse');
    const ask = (text: string) =>
      refusing
        .client()
        .get('/orders', bearer(text))
        .then(
          ({ status }) => status,
          () => 0,
        );
    await endure(cluster, {
      async during(trial) {
        const token = await trial.fresh();
        await until(async () => (await ask(token.text)) === 200);
        cluster.toRedis.a.setMode('cut');
        cluster.setPostgres('cut', 'b');
        expect(await trial.watch.revoke('a', token)).toBe(204);
        await trial.pastTheBound();
        const from = performance.now();
        expect((await trial.watch.answered('a', token, from)).statuses).toEqual([401]);
        // this is the exception, here and nowhere else
        for (const where of ['b', 'verifier'] as const)
          await expectServed(trial.watch, where, token, from);
        // `unproven: 'refuse'` makes none
        expect(await ask(token.text)).toBe(503);
        expect(Number((await cluster.checks('b'))['unproven'])).toBeGreaterThan(0);
        // one process that reaches both ends it
        cluster.toRedis.a.setMode('forward');
        for (const where of ['b', 'verifier'] as const)
          await until(async () => (await cluster.ask(where, token)) === 401);
        await until(async () => (await ask(token.text)) === 401);
      },
      heal() {
        cluster.toRedis.a.setMode('forward');
        cluster.setPostgres('forward');
      },
      excepted: ['b', 'verifier'],
    });
  });
});
