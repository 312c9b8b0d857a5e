import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IdTable } from './id-table.js';

const uuid = fc.uuid();
const id = fc.oneof(
  { weight: 4, arbitrary: uuid },
  fc.string(),
  uuid.map((text) => text.toUpperCase()),
  fc.constantFrom('', '00000000-0000-0000-0000-000000000000', 'user-1', '42'),
);
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('raise' as const),
      pick: fc.nat(30),
      value: fc.nat(9),
      life: fc.nat(50),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.nat(30) }) },
);

describe('IdTable', () => {
  it('is a plain Map whose values only rise and that forgets only what has expired', () => {
    fc.assert(
      fc.property(
        fc.array(id, { minLength: 31, maxLength: 31 }),
        fc.array(action, { maxLength: 120 }),
        fc.integer(),
        (ids, actions, seed) => {
          const table = new IdTable(seed);
          const model = new Map<string, { value: number; expiry: number }>();
          let now = 1_700_000_000_000;
          for (const each of actions) {
            if (each.kind === 'raise') {
              const key = ids[each.pick] as string;
              const known = model.get(key);
              const expiry = now / 1000 + each.life;
              expect(table.raise(key, each.value, expiry * 1000)).toBe(!known || each.value > known.value);
              model.set(key, {
                value: Math.max(known?.value ?? 0, each.value),
                expiry: Math.max(known?.expiry ?? 0, expiry),
              });
            } else {
              now += each.seconds * 1000;
              table.sweep(now, 100_000);
              table.sweep(now, 100_000);
              for (const [key, { expiry }] of model) if (expiry < now / 1000) model.delete(key);
            }
            expect(table.size).toBe(model.size);
            expect(ids.filter((key) => table.get(key) !== (model.get(key)?.value ?? -1))).toEqual([]);
          }
          expect([...table.ids()].sort()).toEqual([...model.keys()].sort());
        },
      ),
      { numRuns: 200 },
    );
  });

  it('grows, finds and forgets a hundred thousand without mixing them up', () => {
    const table = new IdTable(7);
    const name = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
    for (let n = 0; n < 100_000; n++) table.raise(name(n), n % 5, 1_000 * (1_000 + (n % 2)));
    const numbers = Array.from({ length: 100_000 }, (_, n) => n);
    expect(numbers.filter((n) => table.get(name(n)) !== n % 5)).toEqual([]);
    expect(table.get(name(100_000))).toBe(-1);
    for (let i = 0; i < 400; i++) table.sweep(1_001_000, 2_000);
    expect(table.size).toBe(50_000);
    expect(numbers.filter((n) => table.get(name(n)) !== (n % 2 === 0 ? -1 : n % 5))).toEqual([]);
  });
});
