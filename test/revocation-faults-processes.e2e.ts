import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  CLOCK_OFFSET_MS,
  startFaultCluster,
  type FaultCluster,
  type Token,
  type Where,
} from './faults/fault-cluster.js';
import { FAULT_TIMEOUT_MS, answered, endure, expectServed } from './faults/trial.js';
import { claimsOf } from './support/stage.js';

jest.setTimeout(FAULT_TIMEOUT_MS);

/** A step is due four times in this time. */
const A_STEP_MS = 1_000;
const PAUSE_MS = 10_000;

let cluster: FaultCluster;
beforeAll(async () => {
  cluster = await startFaultCluster();
}, FAULT_TIMEOUT_MS);
afterAll(() => cluster?.close());

/** Questions that wait in the socket of a paused process: they are the first thing that it sees when it goes on. */
function askInAdvance(where: Where, token: Token): Promise<number[]> {
  return Promise.all(Array.from({ length: 5 }, () => cluster.ask(where, token, 15_000)));
}

describe('a process fails in the middle of the step:', () => {
  it('killed: the others take over the step', async () => {
    await endure(cluster, {
      async during(trial) {
        const [one, other] = [await trial.fresh(), await trial.fresh()];
        // its ledger is read and its heartbeat is under way when it dies
        cluster.toRedis.a.setMode('hang');
        await delay(A_STEP_MS);
        // durable and answered, never published
        expect(await trial.watch.revoke('a', one)).toBe(204);
        await cluster.demo('a').kill('SIGKILL');
        expect(await trial.watch.revoke('b', other)).toBe(204);
        await trial.pastTheBound();
        for (const token of [one, other])
          for (const where of ['b', 'verifier'] as const)
            await answered(cluster, where, token, 401);
      },
      async heal() {
        cluster.toRedis.a.setMode('forward');
        await cluster.restart('a');
      },
      paused: ['a'],
    });
  });

  it('paused: the others overtake it, and its late heartbeat is refused', async () => {
    await endure(cluster, {
      async during(trial) {
        const [one, other] = [await trial.fresh(), await trial.fresh()];
        cluster.toRedis.a.setMode('hang');
        await delay(A_STEP_MS);
        process.kill(cluster.pid('a'), 'SIGSTOP');
        expect(await trial.watch.revoke('b', one)).toBe(204);
        await trial.pastTheBound();
        // what it had sent arrives now, on top of a head that is long gone
        cluster.toRedis.a.setMode('forward');
        expect(await trial.watch.revoke('b', other)).toBe(204);
        await trial.pastTheBound();
        const answers = askInAdvance('a', other);
        process.kill(cluster.pid('a'), 'SIGCONT');
        expect((await answers).filter((status) => status === 200)).toEqual([]);
        for (const token of [one, other]) await answered(cluster, 'verifier', token, 401);
      },
      heal() {
        cluster.toRedis.a.setMode('forward');
        process.kill(cluster.pid('a'), 'SIGCONT');
      },
      paused: ['a'],
    });
  });
});

describe('time:', () => {
  // T-bcdt
  it('processes that continue after 10 s (SIGSTOP) answer nothing from their old state', async () => {
    const paused = ['b', 'verifier'] as const;
    const goOn = () => paused.forEach((where) => process.kill(cluster.pid(where), 'SIGCONT'));
    await endure(cluster, {
      async during(trial) {
        const token = await trial.fresh();
        await delay(300);
        for (const where of paused) process.kill(cluster.pid(where), 'SIGSTOP');
        await delay(500);
        expect(await trial.watch.revoke('a', token)).toBe(204);
        await delay(PAUSE_MS - 1_000);
        const answers = paused.map((where) => askInAdvance(where, token));
        await delay(500);
        goOn();
        for (const found of await Promise.all(answers))
          expect(found.filter((status) => status === 200)).toEqual([]);
      },
      heal: goOn,
      paused,
    });
  });

  it('clocks of two processes apart by 5 s', async () => {
    const issuedAt = async (by: 'a' | 'b') =>
      Number(claimsOf((await cluster.signIn(by)).text)['iat']) * 1000;
    expect((await issuedAt('b')) - (await issuedAt('a'))).toBeGreaterThanOrEqual(
      CLOCK_OFFSET_MS - 2_000,
    );
    await endure(cluster, {
      async during(trial) {
        const [one, other] = [await trial.fresh(), await trial.fresh()];
        expect(await trial.watch.revoke('a', one)).toBe(204);
        expect(await trial.watch.revoke('b', other)).toBe(204);
        // the slower one alone, then the faster one alone, keeps the resource server proven
        for (const which of ['a', 'b'] as const) {
          cluster.toRedis[which].setMode('cut');
          const from = performance.now();
          await trial.pastTheBound();
          for (const where of ['a', 'b'] as const)
            await expectServed(trial.watch, where, trial.valid, from);
          expect(trial.watch.seen('verifier', trial.valid, from).accepted).toBeGreaterThan(0);
          cluster.toRedis[which].setMode('forward');
        }
      },
      heal: () =>
        (['a', 'b'] as const).forEach((which) => cluster.toRedis[which].setMode('forward')),
    });
  });
});
