import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  MAX_STALENESS_MS,
  tokenOf,
  type Sabotage,
  type Unproven,
} from './simulation/protocol-simulation.js';
import { type Act, KINDS, Story } from './simulation/story.js';

const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom(...KINDS),
  gapMs: fc.nat(600),
  who: fc.nat(2),
  howLongMs: fc.nat(4_000),
});
const story = fc.record({
  seed: fc.integer(),
  acts: fc.array(act, { minLength: 1, maxLength: 14 }),
});

const acting = (kind: Act['kind'], gapMs: number, howLongMs: number): Act => ({
  kind,
  gapMs,
  howLongMs,
  who: 0,
});
/**
 * Both stores have the revocation, Postgres is lost before a heartbeat follows it, and a replica that lacks it is
 * promoted.
 */
const promoted = fc.record({
  seed: fc.integer(),
  acts: fc
    .tuple(fc.nat(250), fc.nat(60), fc.nat(60))
    .map(([first, second, third]) => [
      acting('revoke', first, 0),
      acting('postgresDown', 20 + second, 4_000),
      acting('rollBack', third, 20 + second + third),
    ]),
});
/** Revocations beside another application (even seeds have one) whose process takes the steps. */
const shared = fc.record({
  seed: fc.integer({ max: 100_000 }).map((n) => 2 * n),
  acts: fc.array(
    fc.nat(600).map((gapMs) => acting('revoke', gapMs, 0)),
    { minLength: 6, maxLength: 6 },
  ),
});

const holds = (sabotage: Sabotage, unproven: Unproven, stories: typeof story = story) =>
  fc.asyncProperty(stories, async ({ seed, acts }) => {
    const { found } = await new Story(seed, sabotage, unproven).tell(acts);
    expect(found).toEqual([]);
  });

describe('the revocation protocol', () => {
  // T-mssn
  it.each([
    ['was revoked more than maxStaleness before, whatever fails', 'refuse', story, 60],
    ['was revoked so long before, beside another application', 'refuse', shared, 20],
    ["reached Redis so long before, whatever fails, with unproven: 'redis'", 'redis', story, 40],
    ['reached a Redis whose replica was promoted without it', 'redis', promoted, 80],
  ] as const)(
    'accepts nothing that %s',
    async (_, unproven, stories, runs) => {
      const numRuns = Number(process.env['TEST_PROTOCOL_RUNS'] ?? runs);
      await fc.assert(holds('none', unproven, stories), { numRuns, endOnFailure: true });
    },
    120_000,
  );

  it('answers from memory while nothing fails, and soon after all stores failed', async () => {
    // One answer in fifty takes half a second, so that now and then a view is older than the bound, and says so.
    let fresh = 0;
    for (let seed = 1; seed <= 20; seed++)
      for (const { view, checker } of (await new Story(seed, 'none').tell([])).processes) {
        if (!view.fresh(MAX_STALENESS_MS)) continue;
        expect(checker.check(tokenOf('never revoked'))).toBe('live');
        fresh++;
      }
    expect(fresh).toBeGreaterThanOrEqual(54);
    const acts = KINDS.map((kind, n): Act => ({ kind, gapMs: 300, who: n % 3, howLongMs: 700 }));
    const rough = await new Story(2, 'none').tell(acts);
    expect(rough.found).toEqual([]);
    for (const { view } of rough.processes) expect(view.fresh(MAX_STALENESS_MS)).toBe(true);
  });

  const sabotages: (readonly [Sabotage, Unproven, typeof story])[] = [
    ['links', 'refuse', story],
    ['head', 'refuse', story],
    ['send-time', 'refuse', story],
    ['whole-snapshot', 'refuse', story],
    ['proof-with-no', 'refuse', story],
    ['ledger', 'refuse', shared],
    ['lineage', 'redis', promoted],
  ];
  // T-7ssn
  it.each(sabotages)(
    'fails without the rule: %s',
    async (sabotage, unproven, stories) => {
      const property = holds(sabotage, unproven, stories);
      // it ends with the first story that fails; how many run before is chance
      const result = await fc.check(property, { numRuns: 4_000, endOnFailure: true });
      expect(result.failed).toBe(true);
    },
    120_000,
  );
});
