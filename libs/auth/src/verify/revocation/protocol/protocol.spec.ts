import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  MAX_STALENESS_MS,
  SimulatedProcess,
  tokenOf,
  type Sabotage,
} from './simulation/protocol-simulation.js';
import { LedgerServer, RedisServer } from './simulation/simulated-stores.js';
import { SimulatedWorld, type Machine } from './simulation/simulated-world.js';

const KINDS = [
  'revoke',
  'revoke',
  'revoke',
  'pause',
  'crash',
  'flush',
  'trim',
  'rollBack',
  'redisDown',
  'postgresDown',
] as const;
interface Act {
  readonly kind: (typeof KINDS)[number];
  readonly gapMs: number;
  readonly who: number;
  readonly howLongMs: number;
}
const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom(...KINDS),
  gapMs: fc.nat(600),
  who: fc.nat(2),
  howLongMs: fc.nat(4_000),
});
const story = fc.record({ seed: fc.integer(), acts: fc.array(act, { minLength: 1, maxLength: 14 }) });

interface Revocation {
  readonly id: string;
  readonly by: SimulatedProcess;
  readonly answeredAt: number;
}

/** What is found accepted that must not be: sent later than the bound after the revocation was answered (contract, section 6). */
async function violations(seed: number, acts: readonly Act[], sabotage: Sabotage): Promise<string[]> {
  return (await tell(seed, acts, sabotage)).found;
}

async function tell(seed: number, acts: readonly Act[], sabotage: Sabotage) {
  const world = new SimulatedWorld(seed);
  const postgres = new LedgerServer(sabotage !== 'whole-snapshot');
  const redis = new RedisServer(world, sabotage !== 'head');
  const found: string[] = [];
  const revoked: Revocation[] = [];
  const boot = (number: number): SimulatedProcess => {
    const machine: Machine = { number, pausedUntil: 0, alive: true };
    // The third only verifies: it has no Postgres.
    return new SimulatedProcess(world, machine, number === 2 ? { redis } : { postgres, redis }, sabotage);
  };
  const processes = [0, 1, 2].map(boot);

  const look = (): void => {
    for (const process of processes) {
      if (!process.machine.alive || process.machine.pausedUntil > world.now) continue;
      for (const { id, by, answeredAt } of revoked.slice(-6)) {
        const bound = by === process ? 0 : MAX_STALENESS_MS;
        if (world.now <= answeredAt + bound) continue;
        const sentAt = world.now;
        const judge = (verdict: string): void => {
          if (verdict === 'live')
            found.push(`${id} at ${String(process.machine.number)}, ${String(sentAt - answeredAt)} ms late`);
        };
        const verdict = process.check(id);
        if (typeof verdict === 'string') judge(verdict);
        else void verdict.then(judge);
      }
    }
  };
  const watch = (): void => {
    look();
    world.at(world.now + 90, watch);
  };
  world.at(0, watch);

  let time = 1_500;
  acts.forEach((each, n) => {
    time += each.gapMs;
    world.at(time, () => {
      const process = processes[each.who] as SimulatedProcess;
      switch (each.kind) {
        case 'revoke': {
          const by = processes[each.who % 2] as SimulatedProcess;
          void by.revoke(`token-${String(n)}`, each.howLongMs / 8, () => {
            revoked.push({ id: `token-${String(n)}`, by, answeredAt: world.now });
          });
          return;
        }
        case 'pause':
          process.machine.pausedUntil = world.now + each.howLongMs;
          for (const ms of [0, 1, 2, 4]) world.at(process.machine.pausedUntil + ms, look);
          return;
        case 'crash':
          process.machine.alive = false;
          processes[each.who] = boot(each.who);
          return;
        case 'flush':
          redis.flush();
          return;
        case 'trim':
          redis.trim(each.howLongMs / 2);
          return;
        case 'rollBack':
          redis.rollBack(each.howLongMs);
          return;
        case 'redisDown':
          redis.downUntil = world.now + each.howLongMs;
          return;
        case 'postgresDown':
          postgres.downUntil = world.now + each.howLongMs;
          return;
      }
    });
  });
  await world.run(time + 4_000);
  return { found, processes };
}

const holds = (sabotage: Sabotage) =>
  fc.asyncProperty(story, async ({ seed, acts }) => {
    expect(await violations(seed, acts, sabotage)).toEqual([]);
  });

describe('the revocation protocol', () => {
  it('accepts nothing that was revoked more than maxStaleness before, whatever fails', async () => {
    await fc.assert(holds('none'), {
      numRuns: Number(process.env['TEST_PROTOCOL_RUNS'] ?? 60),
      endOnFailure: true,
    });
  }, 120_000);

  it('answers from memory while nothing fails, and again soon after everything did', async () => {
    // One answer in fifty takes half a second, so that now and then a view is older than the bound, and says so.
    let fresh = 0;
    for (let seed = 1; seed <= 20; seed++)
      for (const { view, checker } of (await tell(seed, [], 'none')).processes) {
        if (!view.fresh(MAX_STALENESS_MS)) continue;
        expect(checker.check(tokenOf('never revoked'))).toBe('live');
        fresh++;
      }
    expect(fresh).toBeGreaterThanOrEqual(54);
    const acts = KINDS.map((kind, n): Act => ({ kind, gapMs: 300, who: n % 3, howLongMs: 700 }));
    const rough = await tell(2, acts, 'none');
    expect(rough.found).toEqual([]);
    for (const { view } of rough.processes) expect(view.fresh(MAX_STALENESS_MS)).toBe(true);
  });

  const sabotages: Sabotage[] = ['links', 'head', 'send-time', 'whole-snapshot', 'proof-with-no'];
  it.each(sabotages)(
    'is seen to fail without the rule: %s',
    async (sabotage) => {
      const result = await fc.check(holds(sabotage), { numRuns: 400, endOnFailure: true });
      expect(result.failed).toBe(true);
    },
    120_000,
  );
});
