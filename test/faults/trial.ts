import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { EVERYWHERE, type Deployment, type Token, type Where } from './fault-cluster.js';
import { MAX_STALENESS_MS, Watch } from './watch.js';

/** The time limit of one fault: it takes seconds, but some faults start processes, and the machine may be busy. */
export const FAULT_TIMEOUT_MS = 120_000;

const RECOVERED_WITHIN_MS = 30_000;

/** The tools for the test of one fault. */
export interface Trial {
  readonly watch: Watch;
  /** Never revoked: it must never be refused for good. */
  readonly valid: Token;
  /** Revoked before the fault and refused everywhere: it must not be accepted again. */
  readonly old: Token;
  /** A token that is not revoked yet, and is used everywhere from now on. */
  fresh(): Promise<Token>;
  /** Waits so long that any later acceptance violates the bound. */
  pastTheBound(): Promise<void>;
}

export interface Fault {
  readonly during: (trial: Trial) => Promise<void>;
  readonly heal?: () => Promise<void> | void;
  /** Processes that do not answer while they are paused or dead, which is the fault itself. */
  readonly paused?: readonly Where[];
  /**
   * The only exception in the contract (section 6): these processes accept a token whose revocation they cannot know.
   */
  readonly excepted?: readonly Where[];
}

/** Throws when the condition is not met in time. This is not a bound of the contract: the watch checks those. */
export async function until(
  what: () => Promise<boolean>,
  withinMs = RECOVERED_WITHIN_MS,
): Promise<void> {
  for (const from = performance.now(); !(await what()); await delay(20))
    if (performance.now() - from > withinMs) throw new Error('did not happen in time');
}

/** Fails unless the service recovers by itself: a login works everywhere, and its logout takes effect everywhere. */
export async function recovered(deployment: Deployment): Promise<void> {
  const signIn = () => deployment.signIn().catch(() => undefined);
  let token = await signIn();
  await until(async () => (token ??= await signIn()) !== undefined);
  if (!token) return;
  const mine = token;
  await answeredEverywhere(deployment, mine, 200);
  const logOut = () => deployment.revoke('a', mine).catch(() => 0);
  await until(async () => (await logOut()) === 204);
  await answeredEverywhere(deployment, mine, 401);
}

/** Waits for each process separately, because on a busy machine one may miss a proof that another has. */
async function answeredEverywhere(
  deployment: Deployment,
  token: Token,
  status: number,
): Promise<void> {
  await Promise.all(EVERYWHERE.map((where) => answered(deployment, where, token, status)));
}

/**
 * Waits for the refusal, because a busy machine may answer 503 first. The watch checks that it is never 200 after the
 * bound.
 */
export async function answered(
  deployment: Deployment,
  where: Where,
  token: Token,
  status: number,
): Promise<void> {
  let last = 0;
  const asked = async () => (last = await deployment.ask(where, token, 2_000)) === status;
  await until(asked).catch(async () => {
    const state = (await deployment.describe?.(where)) ?? '';
    throw new Error(`${where} went on answering ${String(last)}, not ${String(status)}\n${state}`);
  });
}

/** Runs the fault under a watch, heals it, and checks what the contract promises for every fault. */
export async function endure(deployment: Deployment, fault: Fault): Promise<Watch> {
  await recovered(deployment);
  const watch = new Watch(deployment);
  const [valid, old] = [await deployment.signIn(), await deployment.signIn()];
  expect(await watch.revoke('a', old)).toBe(204);
  await answeredEverywhere(deployment, old, 401);
  watch.watch(valid);
  watch.watch(old);
  const trial: Trial = {
    watch,
    valid,
    old,
    async fresh() {
      const token = await deployment.signIn();
      watch.watch(token);
      return token;
    },
    pastTheBound: () => delay(MAX_STALENESS_MS + 300),
  };
  const failures: unknown[] = [];
  const note = (error: unknown) => void failures.push(error);
  await fault.during(trial).catch(note);
  await Promise.resolve(fault.heal?.()).catch(note);
  await recovered(deployment).catch(note);
  await watch.stop();
  // the first one explains those that follow
  if (failures.length > 0) throw failures[0];
  noteFault(fault.excepted ?? [], (where) => watch.lastAccepted(where));
  expect(watch.acceptedTooLate(fault.excepted)).toEqual([]);
  expect(watch.answeredTooSlowly(fault.paused)).toEqual([]);
  for (const where of EVERYWHERE) {
    expect(watch.seen(where, old).accepted).toBe(0);
    expect(watch.seen(where, valid).statuses).not.toContain(401);
  }
  return watch;
}

/** A line of the table that `npm run faults` writes. */
export function noteFault(
  excepted: readonly Where[],
  lastMs: (where: Where) => number | undefined,
): void {
  const path = process.env['FAULT_TABLE'];
  if (path === undefined) return;
  const fault = expect.getState().currentTestName;
  const last = Object.fromEntries(EVERYWHERE.map((where) => [where, lastMs(where) ?? null]));
  appendFileSync(path, `${JSON.stringify({ fault, last, excepted })}\n`);
}

/**
 * The service continues: a busy machine misses some deadlines, which is 503, but not most of them; a fault that takes
 * the service down is 503 all the time. Judged by the newest answers, however long they take.
 */
export async function expectServed(
  watch: Watch,
  where: Where,
  valid: Token,
  from: number,
): Promise<void> {
  const isServed = async () => (await watch.answered(where, valid, from)).share > 0.5;
  await until(isServed).catch(() => undefined);
  const { statuses, share, answers } = await watch.answered(where, valid, from);
  expect([200, 503]).toEqual(expect.arrayContaining([...statuses]));
  if (share <= 0.5) throw new Error(`${where} did not go on: ${answers.join(', ')}`);
}
